import pMap from "p-map";
import { DAYS_COMPARED, dayOf, isVouched, usualPoints } from "#domain/history.ts";
import type { BackupId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import { isTrusted, type RecoveryPoint, type TrustedPoint } from "#domain/recovery-point.ts";
import { backupIds, type CatalogPorts, pointsOf } from "./catalog.ts";
import { mayHold } from "./measure-sources.ts";

const BACKUPS_AT_ONCE = 8;
/** Two weeks of a backup every 40 minutes. Who captures more often is held against fewer days. */
const BACKUPS_LOOKED_AT = 500;

type Ports = CatalogPorts & { plan: Pick<Plan, "backups"> };

/** The points that say what is usual for a source when `point` was captured, oldest first: no more of them are read than that takes. */
export async function readHistory(
  ports: Ports,
  { source, backupId, recoveredTo }: RecoveryPoint,
): Promise<TrustedPoint[]> {
  const ids = (await backupIds(ports)).filter((id) => id < backupId && mayHold(ports.plan, source, id));
  const points: RecoveryPoint[] = [];
  for (let from = 0; from < Math.min(ids.length, BACKUPS_LOOKED_AT) && !isEnough(points); from += BACKUPS_AT_ONCE)
    points.push(...(await readSome(ports, ids.slice(from, from + BACKUPS_AT_ONCE), source)));
  return usualPoints(points, recoveredTo);
}

async function readSome(ports: Ports, ids: BackupId[], source: string): Promise<RecoveryPoint[]> {
  const read = await pMap(ids, (id) => pointsOf(ports, id, source), { concurrency: BACKUPS_AT_ONCE });
  return read.flatMap(({ points }) => points);
}

/** Of the oldest day the first point may not have been read yet: one day more. */
const isEnough = (points: RecoveryPoint[]) =>
  points.some((point) => isTrusted(point) && isVouched(point)) ||
  new Set(points.filter(isTrusted).map(dayOf)).size > DAYS_COMPARED + 1;
