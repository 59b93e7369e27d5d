import { ClockJumped } from "#domain/errors.ts";
import type { Hold } from "#domain/hold.ts";
import type { ListedPoint } from "#domain/listed-point.ts";
import type { Plan } from "#domain/plan.ts";
import { clockProblem, planRetention, type RetentionPlan, type Standing } from "#domain/retention.ts";
import { longestRpoMs, rulesOf } from "#domain/retention-rules.ts";
import { allBackups, type Backups, type CatalogPorts, type RefusedBackup, readEach } from "./catalog.ts";
import { pointsInUse } from "./points-in-use.ts";
import { readHolds } from "./read-holds.ts";

/** A point together with what a list knows of it. */
export type StandingPoint = Standing & { of: ListedPoint };
export type SourceRetention = { source: string } & RetentionPlan<StandingPoint>;
/** `pruning`: points whose deletion an earlier sweep has begun and not ended. */
export type RetentionJudgement = {
  sources: SourceRetention[];
  pruning: Extract<ListedPoint, { proof: "pruned" }>[];
  holds: Hold[];
  refused: RefusedBackup[];
};

/**
 * Reads the catalog, the holds and the runs, and judges every point that is there, source by source. The dry run and the sweep
 * both begin here; whoever deletes reads each point from its manifest, and only the dry run from elsewhere. Throws `ClockJumped`.
 */
export async function judgeRetention(
  ports: CatalogPorts & { plan: Plan },
  now: Date,
  backups?: Backups,
): Promise<RetentionJudgement> {
  const { points, refused } = await readEach(backups ?? (await allBackups(ports)));
  const problem = clockProblem(points.flatMap(instantsOf), longestRpoMs(ports.plan), now);
  if (problem !== undefined)
    throw new ClockJumped(
      `${problem}. Nothing was let go of, and nothing was deleted: look at the clock and the backups.`,
    );
  const holds = await readHolds(ports);
  const inUse = await pointsInUse(ports, now);
  const bySource = Map.groupBy(points.flatMap(standing), ({ source }) => source);
  const sources = [...bySource].map(([source, its]): SourceRetention => {
    const rules = rulesOf(ports.plan, source);
    if (rules) return { source, ...planRetention(its, { ...rules, holds, inUse }, now) };
    const reason = ports.plan.retention ? "the plan has no such source or target" : "the plan says no retention";
    return { source, keep: its.map((point) => ({ point, reason })), expire: [], frozen: undefined };
  });
  const pruning = points.flatMap((point) => (point.proof === "pruned" && !point.isGone ? [point] : []));
  return { sources: sources.toSorted((a, b) => (a.source < b.source ? -1 : 1)), pruning, holds, refused };
}

const instantsOf = (point: ListedPoint): Date[] => [
  point.recoveredTo,
  ...(point.proof === "verified" ? [point.verifiedAt] : []),
  ...(point.proof === "expired" ? [point.expiredAt] : []),
];

/** As retention looks at it; nothing for what is deleted. */
export function standing(of: ListedPoint): StandingPoint[] {
  if (of.proof === "pruned") return [];
  const { source, backupId, recoveredTo, bytes } = of;
  const its = { source, backupId, recoveredTo, bytes, of };
  return [of.proof === "expired" ? { ...its, proof: of.was, expiredAt: of.expiredAt } : { ...its, proof: of.proof }];
}
