import { formatDuration } from "./duration.ts";
import { type Hold, isHeld } from "./hold.ts";
import { type BackupId, isSafety } from "./ids.ts";
import type { Proved } from "./recovery-point.ts";
import { PERIODS, type PeriodRule, type RetentionPolicy } from "./retention-policy.ts";

/** A point of one source whose bytes are still there, as retention looks at it. */
export type Standing = {
  source: string;
  backupId: BackupId;
  recoveredTo: Date;
  /** As it was when it expired, for a point that has expired. */
  proof: Proved;
  /** Stored bytes. */
  bytes: number;
  /** When an earlier sweep let go of it; nothing has been deleted yet. */
  expiredAt?: Date;
};
export type Rules = {
  policy: RetentionPolicy;
  /** The source's objective, in milliseconds; undefined for a target that only has safety points. */
  rpoMs: number | undefined;
  /** How many points one sweep lets go of. */
  most: number;
  /** Those that nobody has released. */
  holds: readonly Hold[];
  /** Backups of whose point a task of a restore or a verification reads. */
  inUse: ReadonlySet<BackupId>;
  /** Why nothing of this source is let go of, for a reason that its points do not show. */
  frozen?: string | undefined;
};
export type Judged<P extends Standing = Standing> = { point: P; reason: string };
/** `frozen`: why nothing of this source is let go of now. */
export type RetentionPlan<P extends Standing = Standing> = {
  keep: Judged<P>[];
  expire: Judged<P>[];
  frozen: string | undefined;
};

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;

/**
 * What of one source is kept and what is let go of, each with its reason. Pure: the dry run and the sweep get the same answer.
 * Points may come in any order; those that have expired and are not pruned yet are judged again.
 */
export function planRetention<P extends Standing>(points: readonly P[], rules: Rules, now: Date): RetentionPlan<P> {
  const oldestFirst = points.toSorted(byTime);
  const wanted = new Map<Standing, string[]>(oldestFirst.map((point) => [point, []]));
  for (const { point, reason } of reasonsToKeep(oldestFirst, rules, now)) wanted.get(point)?.push(reason);
  const frozen = rules.frozen ?? whyFrozen(oldestFirst, rules, now);
  const { most } = rules;
  const plan: RetentionPlan<P> = { keep: [], expire: [], frozen };
  let letGo = 0;
  for (const point of oldestFirst) {
    const reasons = wanted.get(point) ?? [];
    const isNew = point.expiredAt === undefined || point.expiredAt.getTime() === now.getTime(); // by this sweep, begun again
    if (reasons.length > 0) plan.keep.push({ point, reason: reasons.join("; ") });
    else if (frozen !== undefined) plan.keep.push({ point, reason: `frozen: ${frozen}` });
    else if (isNew && letGo >= most)
      plan.keep.push({ point, reason: `waits for a later sweep: one lets go of ${most} points at most` });
    else {
      if (isNew) letGo++;
      plan.expire.push({ point, reason: `older than ${rules.policy.days} days, and no rule keeps it` });
    }
  }
  return plan;
}

const byTime = (a: Standing, b: Standing) =>
  a.recoveredTo.getTime() - b.recoveredTo.getTime() || (a.backupId < b.backupId ? -1 : 1);

/** What counts as good: verified, and no safety point, which may hold anything. */
const isGood = ({ proof, backupId }: Standing) => proof === "verified" && !isSafety(backupId);

function* reasonsToKeep(oldestFirst: Standing[], { policy, holds, inUse }: Rules, now: Date): Generator<Judged> {
  const good = oldestFirst.filter(isGood);
  const newestGood = good.at(-1);
  for (const point of oldestFirst) {
    if (now.getTime() - point.recoveredTo.getTime() < policy.days * DAY_MS)
      yield { point, reason: `younger than ${policy.days} days` };
    if (point.proof === "committed" && !isSafety(point.backupId) && (!newestGood || byTime(newestGood, point) < 0))
      yield { point, reason: "not verified yet, and newer than every verified point" };
    if (inUse.has(point.backupId)) yield { point, reason: "a restore or a verification reads it" };
    for (const hold of holds)
      if (isHeld(hold, point, now)) yield { point, reason: `held by ${hold.holdId}: ${hold.why}` };
  }
  for (const point of good.slice(-policy.count))
    yield { point, reason: `one of the newest ${policy.count} verified points` };
  for (const { rule, noun } of PERIODS) {
    const firsts = new Map<string, Standing>(); // a later point never takes the place of an earlier one: T8
    for (const point of good) {
      const period = periodOf(rule, point.recoveredTo);
      if (!firsts.has(period)) firsts.set(period, point);
    }
    const kept = policy[rule] === undefined ? [] : [...firsts].slice(-policy[rule]);
    for (const [period, point] of kept) yield { point, reason: `first of ${noun} ${period}` };
  }
}

/** The name of the UTC period that an instant lies in; names sort by time. A week is named by its Monday. */
function periodOf(rule: PeriodRule, at: Date): string {
  const iso = at.toISOString();
  switch (rule) {
    case "hourly":
      return iso.slice(0, 13);
    case "daily":
      return iso.slice(0, 10);
    case "weekly":
      return new Date(at.getTime() - ((at.getUTCDay() + 6) % 7) * DAY_MS).toISOString().slice(0, 10);
    case "monthly":
      return iso.slice(0, 7);
    case "yearly":
      return iso.slice(0, 4);
  }
}

/** T4, T8: what fails or looks wrong keeps everything until a person has looked, or it has been well again for a while. */
export function whyFrozen(points: readonly Standing[], { rpoMs }: Pick<Rules, "rpoMs">, now: Date): string | undefined {
  if (rpoMs === undefined) return undefined;
  const oldestFirst = points.toSorted(byTime);
  const good = oldestFirst.filter(isGood);
  const newest = good.at(-1);
  if (!newest) return "it has no verified point";
  const ageMs = now.getTime() - newest.recoveredTo.getTime();
  if (ageMs > 2 * rpoMs)
    return `its newest verified point is ${Math.floor(ageMs / HOUR_MS)}h old, more than twice the RPO of ${formatDuration(rpoMs)}`;
  const suspicious = oldestFirst.find(({ proof, backupId }) => proof === "suspicious" && !isSafety(backupId));
  if (suspicious) return `${suspicious.backupId} is suspicious, and nobody has released or quarantined it yet`;
  const newestJudged = oldestFirst.findLast(({ proof, backupId }) => proof !== "committed" && !isSafety(backupId));
  if (newestJudged?.proof === "quarantined") return `its newest point, ${newestJudged.backupId}, is quarantined`;
  return undefined;
}

const CLOCKS_DIFFER_BY_MS = 5 * 60_000;

/**
 * T5: why this clock can't be the one that the repository was written by. `instants`: everything that it knows to have
 * happened. Far behind `now` it means that the clock has jumped or that nothing works any more; neither is a day to delete.
 */
export function clockProblem(instants: readonly Date[], longestRpoMs: number, now: Date): string | undefined {
  const newest = instants.reduce((latest, at) => Math.max(latest, at.getTime()), 0);
  if (newest === 0) return undefined;
  const aheadMs = now.getTime() - newest;
  const when = `the newest thing in the repository is of ${new Date(newest).toISOString()}`;
  if (aheadMs < -CLOCKS_DIFFER_BY_MS) return `The clock says ${now.toISOString()}, and ${when}`;
  if (aheadMs > 2 * longestRpoMs)
    return `The clock says ${now.toISOString()}, and ${when}: more than twice the longest RPO, ${formatDuration(longestRpoMs)}, ago`;
  return undefined;
}

/** G6, T2: between letting go of a point and deleting it. Far longer than a machine may run: who chose the point before has ended. */
export const HOURS_BEFORE_PRUNE = 24;

/** Whether this sweep deletes the point: an earlier one has let go of it, long enough ago, and this one does so again. */
export const mayPrune = ({ expiredAt }: Standing, now: Date) =>
  expiredAt !== undefined && now.getTime() - expiredAt.getTime() >= HOURS_BEFORE_PRUNE * HOUR_MS;
