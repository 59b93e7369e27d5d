import pMap from "p-map";
import { chooseLatest, type RecoveryPoint } from "#domain/recovery-point.ts";
import { backupIds, type CatalogPorts, pointsOf } from "./catalog.ts";

const BACKUPS_AT_ONCE = 8;
export type Latest = ReturnType<typeof chooseLatest>;

/**
 * `latest` of each source, from the newest backup backwards until every one is found, however many failed or belong to
 * others; newer committed points are named beside it.
 */
export async function findLatest(
  ports: CatalogPorts,
  sources: string[],
  before?: Date,
): Promise<Record<string, Latest>> {
  const ids = await backupIds(ports);
  const points: RecoveryPoint[] = [];
  const latestOf = (source: string) =>
    chooseLatest(
      points.filter((point) => point.source === source),
      before,
    );
  for (let from = 0; from < ids.length; from += BACKUPS_AT_ONCE) {
    const some = ids.slice(from, from + BACKUPS_AT_ONCE);
    const read = await pMap(some, (id) => pointsOf(ports, id), { concurrency: BACKUPS_AT_ONCE });
    points.push(...read.flatMap((one) => one.points));
    if (sources.every((source) => latestOf(source).latest)) break;
  }
  return Object.fromEntries(sources.map((source) => [source, latestOf(source)]));
}
