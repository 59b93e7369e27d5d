import type { BackupId } from "#domain/ids.ts";
import type { Events } from "#ports/messaging.ts";
import type { CatalogPorts } from "./catalog.ts";
import { findLatest, type Latest } from "./find-latest.ts";

/** After a person has judged a point: what `latest` is now. The alarm ends when no suspicious point is newer than that. */
export async function endSuspicion(
  ports: CatalogPorts & { events: Events; stage: string },
  { source, backupId }: { source: string; backupId: BackupId },
  said: string,
): Promise<Pick<Latest, "latest" | "newerSuspicious">> {
  const { latest, newerSuspicious = [] } = (await findLatest(ports, [source]))[source] ?? {};
  if (newerSuspicious.length === 0) {
    const message = `${said}: ${source} in ${backupId}.`;
    const detail = { stage: ports.stage, code: "PointSuspicious", source, message };
    await ports.events.emit({ type: "AlarmRecovered", detail });
  }
  return { latest, newerSuspicious };
}
