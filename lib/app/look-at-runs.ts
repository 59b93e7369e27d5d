import pMap from "p-map";
import { REPOSITORY } from "#domain/copies.ts";
import { durationMs } from "#domain/duration.ts";
import type { BackupId } from "#domain/ids.ts";
import { type ExpectedRun, expectedRuns, instantsOf } from "#domain/ledger.ts";
import type { Plan } from "#domain/plan.ts";
import type { RecoveryPoint } from "#domain/recovery-point.ts";
import { scheduleOfSweep, sweepNamed, sweptPlaces } from "#domain/retention-rules.ts";
import { type Finding, type LedgerEntry, overdue, readLedger } from "#domain/silence.ts";
import { RetentionRequested } from "#events/retention-requested.ts";
import type { Executions } from "#ports/executions.ts";
import type { CatalogPorts } from "./catalog.ts";
import { copiesOverdue } from "./copies-overdue.ts";
import type { Schedules } from "./look-at-settings.ts";
import { recentPoints } from "./recent-points.ts";

const LOOK_BACK = "7d";
const SWEEP_BEGINS_WITHIN = "15m";
const NAMED_AT_MOST = 30;
const READS_AT_ONCE = 8;

export type RunPorts = CatalogPorts & { plan: Plan; executions: Executions; retentionMachine: string };

/** Every run that the schedules asked for in 7 days, since each of them is as it is, and what became of it. */
export async function lookAtRuns(
  ports: RunPorts,
  schedules: Schedules,
  now: Date,
): Promise<{ late: Finding[]; rates: Record<string, string>; ledger: string[] }> {
  const { plan } = ports;
  const since = new Date(now.getTime() - durationMs(LOOK_BACK));
  const expected = Object.entries(plan.backups).flatMap(([name, backup]) => {
    const schedule = schedules.get(name); // one that is gone is told as such
    return schedule ? expectedRuns({ backups: { [name]: backup } }, laterOf(since, schedule.changedAt), now) : [];
  });
  const points = await recentPoints(ports, Object.keys(plan.sources), since);
  const ledger = readLedger(expected, { points, begun: await begunRuns(ports, expected, points), now });
  const rows = ledger.filter(({ state }) => state !== "done").map(rowOf);
  return {
    late: [
      ...overdue(ledger),
      ...(await sweepsOverdue(ports, schedules, since, now)),
      ...(await copiesOverdue(ports, points, schedules, now)),
    ],
    rates: Object.fromEntries(
      [...Map.groupBy(ledger, ({ source }) => source)].map(([source, its]) => [
        source,
        `${its.filter(({ state }) => state === "done").length} of ${its.length}`,
      ]),
    ),
    ledger: rows.slice(-NAMED_AT_MOST),
  };
}

const laterOf = (a: Date, b: Date) => (a > b ? a : b);
const rowOf = ({ run, source, state }: LedgerEntry) => `${run.backupId} ${source}: ${state}`;

/** A claim is written by a run's first state. What has a point needs none. */
async function begunRuns(
  { repository, layout }: CatalogPorts,
  expected: ExpectedRun[],
  points: RecoveryPoint[],
): Promise<Set<BackupId>> {
  const committed = new Set(points.map(({ backupId }) => backupId));
  const unknown = expected.filter(({ backupId }) => !committed.has(backupId));
  const begun = await pMap(
    unknown,
    async ({ backupId }) => ((await repository.head(layout.claim(backupId))) ? backupId : []),
    { concurrency: READS_AT_ONCE },
  );
  return new Set(begun.flat());
}

/** A sweep that had nothing to do leaves nothing in the bucket: its execution is all that there is of it. */
async function sweepsOverdue(ports: RunPorts, schedules: Schedules, since: Date, now: Date): Promise<Finding[]> {
  const { retention } = ports.plan;
  const latest = new Date(now.getTime() - durationMs(SWEEP_BEGINS_WITHIN));
  const found: Finding[] = [];
  for (const where of sweptPlaces(ports.plan)) {
    const schedule = schedules.get(scheduleOfSweep(where));
    if (!retention || !schedule) continue;
    const dueAt = instantsOf(retention.schedule, laterOf(since, schedule.changedAt), latest).at(-1);
    if (!dueAt || (await hasBegun(ports, where, dueAt))) continue;
    const what = `the sweep of ${dueAt.toISOString()} has not begun`;
    found.push({ code: "RunOverdue", source: sweepNamed(where), what });
  }
  return found;
}

async function hasBegun({ executions, retentionMachine }: RunPorts, where: string, dueAt: Date): Promise<boolean> {
  for await (const { arn, startedAt } of executions.list(retentionMachine)) {
    if (startedAt < dueAt) return false; // the newest comes first
    const input = RetentionRequested.safeParse(JSON.parse((await executions.describe(arn)).input));
    if (input.success && (input.data.where ?? REPOSITORY) === where) return true;
  }
  return false;
}
