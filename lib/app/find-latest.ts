import { chooseLatest, type RecoveryPoint } from "#domain/recovery-point.ts";
import { backupIds, type CatalogPorts, pointsOf, readUntil } from "./catalog.ts";

export type Latest = ReturnType<typeof chooseLatest<RecoveryPoint>>;

/**
 * `latest` of each source, from the newest backup backwards until every one is found, however many failed or belong to
 * others; newer committed points are named beside it.
 */
export async function findLatest(
  ports: CatalogPorts,
  sources: string[],
  before?: Date,
): Promise<Record<string, Latest>> {
  const latestOf = (points: RecoveryPoint[], source: string) =>
    chooseLatest(
      points.filter((point) => point.source === source),
      before,
    );
  const points = await readUntil(
    (id) => pointsOf(ports, id),
    await backupIds(ports),
    (soFar) => sources.every((source) => latestOf(soFar, source).latest),
  );
  return Object.fromEntries(sources.map((source) => [source, latestOf(points, source)]));
}
