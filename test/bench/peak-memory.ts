import { readFileSync } from "node:fs";

const EVERY_MS = 100;

/** Looks at a process and all that descend from it, from outside of its container, until `stop`. */
export function watchMemory(root: number, saw: (residentBytes: number) => void): { stop: () => void } {
  const look = () => saw(residentBytes(root));
  const timer = setInterval(look, EVERY_MS);
  look();
  return { stop: () => clearInterval(timer) };
}

/** What they hold themselves: pages that they share with files are counted once each, so this is an upper bound. */
function residentBytes(pid: number): number {
  const own = 1024 * Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  return children.reduce((sum, child) => sum + residentBytes(child), own);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // it ended
  }
}
