import { readFileSync } from "node:fs";

/** cgroup v2 and v1: https://docs.kernel.org/admin-guide/cgroup-v2.html and …/cgroup-v1/memory.html, `oom_kill`. */
const COUNTED_IN = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];

/** How many processes of this container the kernel has ended because its memory was used up; 0 where nothing counts them. */
export function memoryKills(countedIn = COUNTED_IN): number {
  return Math.max(...countedIn.map((file) => Number(/^oom_kill (\d+)$/m.exec(textOf(file))?.[1] ?? 0)));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // the other version of cgroups, or none
  }
}
