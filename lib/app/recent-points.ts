import { startOf } from "#domain/ids.ts";
import { chooseLatest, type RecoveryPoint } from "#domain/recovery-point.ts";
import { backupIds, type CatalogPorts, pointsOf, readUntil } from "./catalog.ts";

/** Every point of backups since `since`, and older ones until each source has its `latest`, however far back that is. */
export async function recentPoints(ports: CatalogPorts, sources: string[], since: Date): Promise<RecoveryPoint[]> {
  const hasLatest = (points: RecoveryPoint[], source: string) =>
    chooseLatest(points.filter((point) => point.source === source)).latest !== undefined;
  return readUntil(
    (id) => pointsOf(ports, id),
    await backupIds(ports),
    (points, next) => next.every((id) => startOf(id) < since) && sources.every((source) => hasLatest(points, source)),
  );
}
