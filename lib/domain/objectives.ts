import { durationMs } from "./duration.ts";
import { ClockJumped } from "./errors.ts";
import { type BackupId, isSafety, startOf } from "./ids.ts";
import { doneWithinMs, expectedRuns } from "./ledger.ts";
import type { Plan } from "./plan.ts";
import { chooseLatest, isTrusted, type RecoveryPoint, type TrustedPoint } from "./recovery-point.ts";
import { nextRuns } from "./schedule.ts";

/**
 * How a source stands against its RPO, by its points alone. `broken`: more could be lost than the plan allows. `at risk`: it
 * will be, and no run comes before that would mend it. `met` holds on while a run that was due in time has its time.
 */
export type Assessment = {
  source: string;
  verdict: "met" | "at risk" | "broken";
  rpoMs: number;
  /** Of what is verified; undefined when there is nothing. */
  newest: { backupId: BackupId; recoveredTo: Date; ageMs: number; breaksAt: Date } | undefined;
  /** The most that could have been lost at any moment since the oldest of the points, this moment included. */
  achievedMs: number | undefined;
  /** A run that was due before the RPO broke, has begun and may still be verified in time. */
  underWay: BackupId | undefined;
  nextRun: Date;
};

type Sections = Pick<Plan, "sources" | "backups" | "objectives">;

/** 20 h of 24 h (GL-13). */
const WARN_AT = 5 / 6;
/** Clocks of one account are closer than this; further apart, no age can be believed. */
const CLOCKS_APART_MS = 5 * 60_000;

/**
 * Assesses every source of the plan. `points` in any order, the newest verified one of each source among them; `begun`: runs
 * of the plan that are known to have begun. Throws `ClockJumped` when a point was verified later than `now`.
 */
export function assessObjectives(
  plan: Sections,
  { points, begun, now }: { points: RecoveryPoint[]; begun: ReadonlySet<BackupId>; now: Date },
): Assessment[] {
  return Object.keys(plan.sources).map((source) => {
    const its = points.filter((point) => point.source === source);
    return assess(plan, source, its, begun, now);
  });
}

/** The backups of the plan that capture a source. */
export const backupsOf = (source: string, { backups }: Pick<Plan, "backups">): Plan["backups"] =>
  Object.fromEntries(Object.entries(backups).filter(([, { sources }]) => sources.includes(source)));

function assess(
  plan: Sections,
  source: string,
  points: RecoveryPoint[],
  begun: ReadonlySet<BackupId>,
  now: Date,
): Assessment {
  const { rpo = "0m", warnAt = WARN_AT } = plan.objectives[source] ?? {};
  const rpoMs = durationMs(rpo);
  const backups = backupsOf(source, plan);
  const { latest, newerCommitted } = chooseLatest(points);
  const newest = latest && ageOf(latest, rpoMs, now);
  const underWay = newest && runUnderWay(backups, newerCommitted, begun, newest, now);
  const nextRun = new Date(
    Math.min(...Object.values(backups).flatMap(({ schedule }) => nextRuns(schedule, now, 1).map(Number))),
  );
  const isTooOld = newest === undefined || (newest.ageMs >= rpoMs && underWay === undefined);
  const isAtRisk =
    newest !== undefined &&
    underWay === undefined &&
    newest.ageMs >= warnAt * rpoMs &&
    (nextRun > newest.breaksAt || hasMissedRun(backups, newest.backupId, now));
  return {
    source,
    verdict: isTooOld ? "broken" : isAtRisk ? "at risk" : "met",
    rpoMs,
    newest,
    achievedMs: newest && Math.max(newest.ageMs, ...exposures(points.filter(isLatestOnce))),
    underWay,
    nextRun,
  };
}

/** A source's clock that is ahead would make its points look younger: what was read back is no newer than the reading. */
const instantOf = ({ recoveredTo, verifiedAt }: TrustedPoint) => Math.min(recoveredTo.getTime(), verifiedAt.getTime());

function ageOf(point: TrustedPoint, rpoMs: number, now: Date) {
  const { backupId, recoveredTo } = point;
  const ageMs = now.getTime() - instantOf(point);
  if (ageMs < -CLOCKS_APART_MS)
    throw new ClockJumped(
      `It is ${now.toISOString()} here, and ${backupId} of ${point.source} was verified later: no age can be told`,
    );
  return { backupId, recoveredTo, ageMs: Math.max(0, ageMs), breaksAt: new Date(instantOf(point) + rpoMs) };
}

const isLatestOnce = (point: RecoveryPoint): point is TrustedPoint => isTrusted(point) && !isSafety(point.backupId);

/** The longest that any of them may take. */
const withinMs = (backups: Plan["backups"]) => Math.max(...Object.values(backups).map(doneWithinMs));

/** One that was due after the break excuses nothing: else a source whose runs all fail would be excused for ever. */
function runUnderWay(
  backups: Plan["backups"],
  newerCommitted: RecoveryPoint[],
  begun: ReadonlySet<BackupId>,
  newest: { backupId: BackupId; breaksAt: Date },
  now: Date,
): BackupId | undefined {
  const earliest = new Date(now.getTime() - withinMs(backups));
  const running = expectedRuns({ backups }, earliest, now).filter(
    ({ backupId, doneBy }) => begun.has(backupId) && doneBy > now && backupId > newest.backupId,
  );
  const ids = [...running, ...newerCommitted].map(({ backupId }) => backupId);
  return ids.find((id) => startOf(id) > earliest && startOf(id) <= newest.breaksAt);
}

/** A run was due since the newest point, has had its time, and gave nothing newer. */
const hasMissedRun = (backups: Plan["backups"], newest: BackupId, now: Date) =>
  expectedRuns({ backups }, startOf(newest), now).some(({ doneBy }) => doneBy <= now);

/** Each time that something newer became restorable: what would have been lost right before. */
function exposures(points: TrustedPoint[]): number[] {
  const [first, ...later] = points.toSorted((a, b) => a.verifiedAt.getTime() - b.verifiedAt.getTime());
  let newest = first;
  return later.flatMap((point) => {
    const before = newest;
    if (!before || instantOf(point) <= instantOf(before)) return [];
    newest = point;
    return [point.verifiedAt.getTime() - instantOf(before)];
  });
}
