import { readdir, readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";

const LOOK_EVERY_MS = 100;

/** What `ps` could show: the command lines of all processes of this machine, containers' too, until `stop`. */
export function watchCommandLines(): { stop: () => Promise<string[]> } {
  const seen = new Set<string>();
  let isStopped = false;
  const looking = (async () => {
    while (!isStopped) {
      for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name)))
        seen.add(await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => ""));
      await wait(LOOK_EVERY_MS);
    }
  })();
  return {
    stop: async () => {
      isStopped = true;
      await looking;
      return [...seen];
    },
  };
}
