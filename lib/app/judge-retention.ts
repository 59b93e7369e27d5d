import pMap from "p-map";
import { ClockJumped } from "#domain/errors.ts";
import type { Hold } from "#domain/hold.ts";
import type { ListedPoint } from "#domain/listed-point.ts";
import { clockProblem, planRetention, type RetentionPlan, type Standing, whyFrozen } from "#domain/retention.ts";
import { longestRpoMs, rulesOf } from "#domain/retention-rules.ts";
import { allBackups, type Backups, type RefusedBackup, readEach } from "./catalog.ts";
import { pointsInUse } from "./points-in-use.ts";
import { readCopies } from "./read-copies.ts";
import { readHolds } from "./read-holds.ts";
import type { SweptPorts } from "./swept-place.ts";

const READS_AT_ONCE = 8;

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
 * both begin here; whoever deletes reads each point from its manifest, and only the dry run has `indexed`, what an index says of
 * the first bucket. In a copy a point counts once it was read back there, and a source that is frozen at home is frozen there,
 * too. Throws `ClockJumped`.
 */
export async function judgeRetention(ports: SweptPorts, now: Date, indexed?: Backups): Promise<RetentionJudgement> {
  const { home = ports, plan } = ports;
  const ofHome = async () => readEach(indexed ?? (await allBackups(home)));
  const { points: all, refused } = ports.home ? await readEach(await allBackups(ports)) : await ofHome();
  const points = await readBackPoints(ports, all);
  const known = ports.home ? (await ofHome()).points : points;
  const problem = clockProblem([...points, ...known].flatMap(instantsOf), longestRpoMs(plan), now);
  if (problem !== undefined)
    throw new ClockJumped(
      `${problem}. Nothing was let go of, and nothing was deleted: look at the clock and the backups.`,
    );
  const holds = await readHolds(home);
  const inUse = await pointsInUse(home, now);
  const atHome = Map.groupBy(known.flatMap(standing), ({ source }) => source);
  const bySource = Map.groupBy(points.flatMap(standing), ({ source }) => source);
  const sources = [...bySource].map(([source, its]): SourceRetention => {
    const rules = rulesOf(plan, source);
    const frozen = rules && ports.home && whyFrozen(atHome.get(source) ?? [], rules, now);
    if (rules) return { source, ...planRetention(its, { ...rules, holds, inUse, frozen }, now) };
    const reason = plan.retention ? "the plan has no such source or target" : "the plan says no retention";
    return { source, keep: its.map((point) => ({ point, reason })), expire: [], frozen: undefined };
  });
  const pruning = points.flatMap((point) => (point.proof === "pruned" && !point.isGone ? [point] : []));
  return { sources: sources.toSorted((a, b) => (a.source < b.source ? -1 : 1)), pruning, holds, refused };
}

/** A manifest names sources that are not copied, or not yet; and what was not read back there is no point there. */
export async function readBackPoints<Point extends Parameters<typeof readCopies>[1]>(
  ports: SweptPorts,
  points: Point[],
): Promise<Point[]> {
  const copy = ports.home?.copy;
  if (copy === undefined) return points;
  const isThere = async (point: Point) => (await readCopies(ports, point)).some((proof) => proof.copy === copy);
  const there = await pMap(points, isThere, { concurrency: READS_AT_ONCE });
  return points.filter((_, index) => there[index]);
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
