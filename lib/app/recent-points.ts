import pMap from "p-map";
import { startOf } from "#domain/ids.ts";
import { chooseLatest, type RecoveryPoint } from "#domain/recovery-point.ts";
import { backupIds, type CatalogPorts, pointsOf } from "./catalog.ts";

const BACKUPS_AT_ONCE = 8;

/** Every point of backups since `since`, and older ones until each source has its `latest`, however far back that is. */
export async function recentPoints(ports: CatalogPorts, sources: string[], since: Date): Promise<RecoveryPoint[]> {
  const points: RecoveryPoint[] = [];
  const hasLatest = (source: string) =>
    chooseLatest(points.filter((point) => point.source === source)).latest !== undefined;
  const ids = await backupIds(ports);
  for (let from = 0; from < ids.length; from += BACKUPS_AT_ONCE) {
    const some = ids.slice(from, from + BACKUPS_AT_ONCE);
    if (some.every((id) => startOf(id) < since) && sources.every(hasLatest)) break;
    const read = await pMap(some, (id) => pointsOf(ports, id), { concurrency: BACKUPS_AT_ONCE });
    points.push(...read.flatMap((one) => one.points));
  }
  return points;
}
