import { formatDuration } from "./duration.ts";
import type { BackupId } from "./ids.ts";
import type { Component } from "./manifest.ts";
import type { Plan } from "./plan.ts";
import type { Prices } from "./prices.ts";
import { longestIntervalMs, nextRuns, runsPerMonth } from "./schedule.ts";

/** The task that captures. */
export type TaskSize = { vcpus: number; memoryGb: number };
/** What the newest point of a source came to. */
export type Measured = { backupId: BackupId; storedBytes: number; captureSeconds: number };

/** One source of the plan: what is certain, and what follows from its newest point if every run is like that one. */
export type Forecast = {
  source: string;
  engine: string;
  nextRuns: Date[];
  /** The longest time between two runs of its most frequent backup. */
  interval: string;
  rpo: string;
  runsPerMonth: number;
  /** Undefined: no point has been committed yet. */
  estimate?: Measured & {
    storedBytesPerMonth: number;
    /** US dollars; undefined: the region's prices are not known. */
    cost?: { storagePerMonth: number; tasksPerMonth: number };
  };
};

const RUNS_SHOWN = 3;
const SHORTEST_BILLED_SECONDS = 60; // Fargate's minimum
const BYTES_PER_GB = 2 ** 30;
const SECONDS_PER_HOUR = 3600;

export function forecast(
  plan: Plan,
  source: string,
  measured: Measured | undefined,
  { now, task, prices }: { now: Date; task: TaskSize; prices: Prices | undefined },
): Forecast {
  const schedules = Object.values(plan.backups)
    .filter(({ sources }) => sources.includes(source))
    .map(({ schedule }) => schedule);
  const runs = schedules.reduce((sum, schedule) => sum + runsPerMonth(schedule), 0);
  const instants = schedules.flatMap((schedule) => nextRuns(schedule, now, RUNS_SHOWN)).map((run) => run.getTime());
  return {
    source,
    engine: plan.sources[source]?.engine ?? "",
    nextRuns: [...new Set(instants)]
      .toSorted((a, b) => a - b)
      .slice(0, RUNS_SHOWN)
      .map((instant) => new Date(instant)),
    interval: formatDuration(Math.min(...schedules.map(longestIntervalMs))),
    rpo: plan.objectives[source]?.rpo ?? "",
    runsPerMonth: runs,
    ...(measured ? { estimate: estimateOf(measured, runs, task, prices) } : {}),
  };
}

export const measure = (backupId: BackupId, { size, startedAt, finishedAt }: Component): Measured => ({
  backupId,
  storedBytes: size,
  captureSeconds: (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000,
});

function estimateOf(measured: Measured, runs: number, { vcpus, memoryGb }: TaskSize, prices: Prices | undefined) {
  const storedBytesPerMonth = measured.storedBytes * runs;
  if (!prices) return { ...measured, storedBytesPerMonth };
  const taskHours = (runs * Math.max(measured.captureSeconds, SHORTEST_BILLED_SECONDS)) / SECONDS_PER_HOUR;
  const cost = {
    storagePerMonth: (storedBytesPerMonth / BYTES_PER_GB) * prices.storageGbMonth,
    tasksPerMonth: taskHours * (vcpus * prices.vcpuHour + memoryGb * prices.memoryGbHour),
  };
  return { ...measured, storedBytesPerMonth, cost };
}
