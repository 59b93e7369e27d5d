import { type BackupId, startOf } from "./ids.ts";
import type { ExpectedRun } from "./ledger.ts";
import type { RecoveryPoint } from "./recovery-point.ts";

/** What nobody has said, and the watcher has seen. `source`: whose alarm it is. */
export type Finding = { code: "RunOverdue" | "SettingsDrifted" | "AlarmPathFailed"; source: string; what: string };

/** A run of the plan and one of its sources, as the repository has it. */
export type RunState = "done" | "failed" | "due" | "under way" | "not begun" | "not ended" | "not verified";
export type LedgerEntry = { run: ExpectedRun; source: string; state: RunState };

/** EventBridge Scheduler is late by a minute at most; a machine's first state claims the run. */
const BEGINS_WITHIN_MS = 15 * 60_000;

/**
 * What became of each expected run, by its source: `begun` are the runs that were claimed. `done`: it was read back, whatever
 * was found. `failed`: the backup exists without this source, which was told.
 */
export function readLedger(
  expected: ExpectedRun[],
  { points, begun, now }: { points: RecoveryPoint[]; begun: ReadonlySet<BackupId>; now: Date },
): LedgerEntry[] {
  return expected.flatMap((run) => {
    const ofRun = points.filter(({ backupId }) => backupId === run.backupId);
    return run.sources.map((source) => {
      const point = ofRun.find((one) => one.source === source);
      return { run, source, state: stateOf(run, point, ofRun.length > 0, begun.has(run.backupId), now) };
    });
  });
}

function stateOf(
  { dueAt, doneBy }: ExpectedRun,
  point: RecoveryPoint | undefined,
  isCommitted: boolean,
  hasBegun: boolean,
  now: Date,
): RunState {
  const hasTime = now < doneBy;
  if (point) return point.proof !== "committed" ? "done" : hasTime ? "under way" : "not verified";
  if (isCommitted) return "failed";
  if (hasBegun) return hasTime ? "under way" : "not ended";
  return now.getTime() - dueAt.getTime() < BEGINS_WITHIN_MS ? "due" : "not begun";
}

/**
 * What is overdue: of each backup and source the newest run whose state is known. So an alarm ends by the next run that goes
 * well. Runs of one source that go on beside each other are said, too.
 */
export function overdue(ledger: LedgerEntry[]): Finding[] {
  const bySource = Map.groupBy(ledger, ({ source }) => source);
  return [...bySource].flatMap(([source, entries]) => {
    const settled = entries.filter(({ state }) => state !== "under way" && state !== "due");
    const newest = new Map(settled.map((entry) => [entry.run.backup, entry])); // the ledger's order: the last one stays
    const running = entries.filter(({ state }) => state === "under way").map(({ run }) => run.backupId);
    return [
      ...[...newest.values()].flatMap((entry) => silenceOf(entry)),
      ...(running.length > 1 ? [`runs of it overlap: ${running.join(", ")}`] : []),
    ].map((what) => ({ code: "RunOverdue" as const, source, what }));
  });
}

function silenceOf({ run: { backupId, doneBy }, state }: LedgerEntry): string[] {
  switch (state) {
    case "not begun":
      return [`${backupId} has not begun: it was due at ${startOf(backupId).toISOString()}`];
    case "not ended":
      return [`${backupId} has begun, and nothing is committed: it should have been done by ${doneBy.toISOString()}`];
    case "not verified":
      return [`${backupId} is committed, and not verified: it should have been by ${doneBy.toISOString()}`];
    default:
      return [];
  }
}

/** A schedule as AWS has it. */
export type Schedule = { state: string; expression: string; timezone: string; changedAt: Date };

/** What is wrong with a schedule of the plan; undefined is one that does not exist. */
export function driftOfSchedule(name: string, expression: string, schedule: Schedule | undefined): string[] {
  if (!schedule) return [`the schedule ${name} is gone`];
  return [
    ...(schedule.state === "ENABLED" ? [] : [`the schedule ${name} is ${schedule.state}`]),
    ...(schedule.expression === expression && schedule.timezone === "UTC"
      ? []
      : [`the schedule ${name} is ${schedule.expression} ${schedule.timezone}, and the plan says ${expression} UTC`]),
  ];
}
