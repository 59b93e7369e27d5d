import { readFileSync } from "node:fs";
import { loadavg } from "node:os";

const EVERY_MS = 200;
const TICKS_PER_SECOND = 100; // of /proc, on every Linux that Node runs on

/** A moment of the worker's Node process, by how much pg_dump has written until then. */
type Moment = { dumped: number; rssBytes: number };
export type Watched = {
  /** Processor seconds by program: those of the container, and of the servers that it talks to. */
  cpuSeconds: Record<string, number>;
  /** What all other processes of the machine took meanwhile, and the kernel on nobody's account. */
  otherCpuSeconds: number;
  loadBefore: number;
  node: { peakBytes: number; moments: Moment[] } | undefined;
};
type Seen = { program: string; ticks: number };

/** Looks at processes a few times a second, from outside of the container, until `stop`. */
export function watch(roots: { container: number; database: number; objectStore: number }): { stop(): Watched } {
  const loadBefore = loadavg()[0] ?? 0;
  const machineBefore = machineTicks();
  const before = new Map(
    processes(roots.database)
      .concat(processes(roots.objectStore))
      .map(({ pid, ticks }) => [pid, ticks]),
  );
  const seen = new Map<number, Seen>();
  const moments: Moment[] = [];
  let peakBytes = 0;
  const look = () => {
    let dumped = 0;
    const found = Object.values(roots).flatMap(processes);
    for (const { pid, program, ticks } of found) {
      seen.set(pid, { program, ticks: ticks - (before.get(pid) ?? 0) });
      if (program === "pg_dump") dumped = Math.max(dumped, number(`/proc/${pid}/io`, /^wchar: (\d+)/m));
    }
    const node = found.find(({ program }) => program === "node");
    if (!node) return;
    peakBytes = Math.max(peakBytes, 1024 * number(`/proc/${node.pid}/status`, /^VmHWM:\s+(\d+)/m));
    moments.push({ dumped, rssBytes: 1024 * number(`/proc/${node.pid}/status`, /^VmRSS:\s+(\d+)/m) });
  };
  const timer = setInterval(look, EVERY_MS);
  look();
  return {
    stop() {
      clearInterval(timer);
      for (const { pid, program, ticks } of [roots.database, roots.objectStore].flatMap(processes))
        seen.set(pid, { program, ticks: ticks - (before.get(pid) ?? 0) });
      const cpuSeconds: Record<string, number> = {};
      for (const { program, ticks } of seen.values())
        cpuSeconds[program] = (cpuSeconds[program] ?? 0) + ticks / TICKS_PER_SECOND;
      const ours = Object.values(cpuSeconds).reduce((sum, seconds) => sum + seconds, 0);
      const otherCpuSeconds = Math.max(0, (machineTicks() - machineBefore) / TICKS_PER_SECOND - ours);
      return { cpuSeconds, otherCpuSeconds, loadBefore, node: peakBytes > 0 ? { peakBytes, moments } : undefined };
    },
  };
}

/** RSS when pg_dump had written these shares of all that it wrote. */
export function rssAt(shares: readonly number[], moments: readonly Moment[]): number[] {
  const all = Math.max(0, ...moments.map(({ dumped }) => dumped));
  return shares.map((share) => moments.find(({ dumped }) => dumped >= share * all)?.rssBytes ?? 0);
}

/** A process and all that descend from it. Those that have just ended are left out. */
function processes(root: number): { pid: number; program: string; ticks: number }[] {
  const stat = read(`/proc/${root}/stat`);
  if (stat === "") return [];
  const end = stat.lastIndexOf(")");
  const fields = stat.slice(end + 2).split(" ");
  const name = stat.slice(stat.indexOf("(") + 1, end);
  const program = name === "MainThread" ? "node" : name; // as Node calls its own first thread
  const own = { pid: root, program, ticks: Number(fields[11]) + Number(fields[12]) };
  const children = read(`/proc/${root}/task/${root}/children`).split(" ").filter(Boolean).map(Number);
  return [own, ...children.flatMap(processes)];
}

/** Time that the processors were busy: without idle and waiting for disks, and without guests, which count as user. */
function machineTicks(): number {
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = read("/proc/stat")
    .split("\n", 1)
    .join("")
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return user + nice + system + irq + softirq;
}

const number = (file: string, pattern: RegExp) => Number(pattern.exec(read(file))?.[1] ?? 0);

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // it ended
  }
}
