import { chownSync } from "node:fs";

/** The user of the image, as its Dockerfile makes it. */
const WORKER = 10_001;

/** Ends root for good, where the task definition began with it. `workDir` goes along. */
export function giveUpRoot(workDir: string): void {
  if (process.getuid?.() !== 0) return;
  chownSync(workDir, WORKER, WORKER);
  process.setgroups?.([]);
  process.setgid?.(WORKER);
  process.setuid?.(WORKER); // last: it takes the right to do the others
}
