import { BackupId } from "#domain/ids.ts";
import { readingOfKey } from "#domain/repository-layout.ts";
import { HOURS_BEFORE_PRUNE } from "#domain/retention.ts";
import type { CatalogPorts } from "./catalog.ts";

const HOUR_MS = 3600 * 1000;
/** Notes lie in folders named by the day of who wrote them; when each was written is what S3 says. */
const CLOCKS_DIFFER_BY_MS = 24 * HOUR_MS;

/**
 * T2: backups of which a task was told to read a point not long ago, longer than any machine runs: by a restore or a
 * verification. Whether the run has ended does not matter: a day later it has.
 */
export async function pointsInUse({ repository, layout }: CatalogPorts, now: Date): Promise<Set<BackupId>> {
  const since = now.getTime() - HOURS_BEFORE_PRUNE * HOUR_MS;
  const firstDay = new Date(since - CLOCKS_DIFFER_BY_MS).toISOString().slice(0, 10);
  const inUse = new Set<BackupId>();
  for (const day of (await repository.folders(layout.readings())).filter((one) => one >= firstDay))
    for await (const { key, versions } of repository.histories(layout.readings(day))) {
      const first = versions.at(-1);
      const id = BackupId.safeParse(readingOfKey(key));
      if (id.success && first && first.at.getTime() > since) inUse.add(id.data);
    }
  return inUse;
}
