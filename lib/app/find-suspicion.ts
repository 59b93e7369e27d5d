import { findAnomalies } from "#domain/anomaly.ts";
import { limitsOf } from "#domain/anomaly-limits.ts";
import type { Facts } from "#domain/facts.ts";
import { isVouched } from "#domain/history.ts";
import { type BackupId, isSafety } from "#domain/ids.ts";
import { measureOf, type Tallies } from "#domain/measure.ts";
import type { Plan } from "#domain/plan.ts";
import { type CatalogPorts, pointsOf } from "./catalog.ts";
import { readHistory } from "./read-history.ts";

export type GuardPorts = CatalogPorts & { plan: Pick<Plan, "backups" | "anomalies">; tallies: Tallies };
/** `usual`: the newest point that it was held against. */
export type Suspicion = { reasons: string[]; usual: BackupId | undefined };

/**
 * Why a point that has just been read back is unlike its source's history. Nothing for a safety point, which may hold anything,
 * and for a point that was verified before: what was usual then is not usual now. `counted`: facts that verifying has counted.
 */
export async function findSuspicion(
  ports: GuardPorts,
  { backupId, source }: { backupId: BackupId; source: string },
  counted: Facts | undefined,
): Promise<Suspicion | undefined> {
  const [point] = (await pointsOf(ports, backupId, source)).points;
  if (isSafety(backupId) || (point?.proof !== "committed" && point?.proof !== "suspicious")) return undefined;
  const usual = await readHistory(ports, point);
  const measures = usual.map((one) => measureOf(one.component, one.facts, ports.tallies));
  const its = measureOf(point.component, point.component.facts ?? counted ?? {}, ports.tallies);
  const baseline = { measures, isVouched: usual.some(isVouched) };
  const reasons =
    point.proof === "suspicious" // by an earlier try of the same verification
      ? point.reasons
      : findAnomalies(its, baseline, limitsOf(ports.plan, source));
  return reasons.length > 0 ? { reasons, usual: usual.at(-1)?.backupId } : undefined;
}
