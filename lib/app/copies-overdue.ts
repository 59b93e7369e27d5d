import pMap from "p-map";
import { copiesOf, SWEEP_OF_COPIES } from "#domain/copies.ts";
import { durationMs } from "#domain/duration.ts";
import { isSafety } from "#domain/ids.ts";
import { instantsOf } from "#domain/ledger.ts";
import type { Plan } from "#domain/plan.ts";
import type { RecoveryPoint } from "#domain/recovery-point.ts";
import type { Finding } from "#domain/silence.ts";
import type { CatalogPorts } from "./catalog.ts";
import type { Schedules } from "./look-at-settings.ts";
import { readCopies } from "./read-copies.ts";

/** As long as the machine may run: whatever it was that had begun has ended by then. */
const COPIED_WITHIN = "12h";
const A_DAY = "24h";
const READS_AT_ONCE = 8;

type Verified = Extract<RecoveryPoint, { proof: "verified" }>;

/**
 * Verified points that the plan wants in a copy and that no proof says to be there, though there was time: whether the copy never
 * began, hangs, fails or was lost does not matter. `points`: those to look at.
 */
export async function copiesOverdue(
  ports: CatalogPorts & { plan: Plan },
  points: RecoveryPoint[],
  schedules: Schedules,
  now: Date,
): Promise<Finding[]> {
  const { copies } = ports.plan;
  const schedule = schedules.get("_copy"); // one that is gone is told as such
  if (!copies || !schedule) return [];
  const dueSince = (verifiedAt: Date) =>
    verifiedAt >= schedule.changedAt ? verifiedAt : firstAfter(schedule.changedAt);
  const look = async (point: Verified): Promise<Finding[]> => {
    const doneBy = new Date(dueSince(point.verifiedAt).getTime() + durationMs(COPIED_WITHIN));
    const places = copiesOf(copies, point.source).filter((name) => isWanted(copies[name]?.retention, point, now));
    if (now < doneBy || places.length === 0) return [];
    const there = await readCopies(ports, point);
    return places
      .filter((name) => !there.some(({ copy, bucket }) => copy === name && bucket === copies[name]?.bucket))
      .map((name) => ({
        code: "RunOverdue" as const,
        source: point.source,
        what: `${point.backupId} is verified, and not copied to ${name}: it should have been by ${doneBy.toISOString()}`,
      }));
  };
  const good = points.flatMap((point) => (point.proof === "verified" && !isSafety(point.backupId) ? [point] : []));
  return (await pMap(good, look, { concurrency: READS_AT_ONCE })).flat();
}

/** What was verified before there was the copy is copied by its first daily look. */
const firstAfter = (changedAt: Date) =>
  instantsOf(SWEEP_OF_COPIES, changedAt, new Date(changedAt.getTime() + durationMs(A_DAY)))[0] ?? changedAt;

const isWanted = (
  retention: NonNullable<Plan["copies"]>[string]["retention"],
  { source, recoveredTo }: Verified,
  now: Date,
) => {
  const policy = retention && (retention.sources[source] ?? retention.default);
  return policy === undefined || now.getTime() - recoveredTo.getTime() < policy.days * durationMs(A_DAY);
};
