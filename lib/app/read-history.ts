import { DAYS_COMPARED, dayOf, isVouched, usualPoints } from "#domain/history.ts";
import type { Plan } from "#domain/plan.ts";
import { isTrusted, type RecoveryPoint, type TrustedPoint } from "#domain/recovery-point.ts";
import { backupIds, type CatalogPorts, pointsOf, readUntil } from "./catalog.ts";
import { mayHold } from "./measure-sources.ts";

/** Two weeks of a backup every 40 minutes. Who captures more often is held against fewer days. */
const BACKUPS_LOOKED_AT = 500;

type Ports = CatalogPorts & { plan: Pick<Plan, "backups"> };

/** The points that say what is usual for a source when `point` was captured, oldest first: no more of them are read than that takes. */
export async function readHistory(
  ports: Ports,
  { source, backupId, recoveredTo }: RecoveryPoint,
): Promise<TrustedPoint[]> {
  const ids = (await backupIds(ports)).filter((id) => id < backupId && mayHold(ports.plan, source, id));
  return usualPoints(
    await readUntil((id) => pointsOf(ports, id, source), ids.slice(0, BACKUPS_LOOKED_AT), isEnough),
    recoveredTo,
  );
}

/** Of the oldest day the first point may not have been read yet: one day more. */
const isEnough = (points: RecoveryPoint[]) =>
  points.some((point) => isTrusted(point) && isVouched(point)) ||
  new Set(points.filter(isTrusted).map(dayOf)).size > DAYS_COMPARED + 1;
