import pMap from "p-map";
import { type Measured, measure } from "#domain/forecast.ts";
import { type BackupId, nameOfBackup } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import { backupIds, type CatalogPorts, isUnbelievable, readManifest } from "./catalog.ts";

const SOURCES_AT_ONCE = 8;
/** Further back a source has changed too much for its size to say anything, and check-plan has a minute. */
const BACKUPS_LOOKED_AT = 20;

/** Of each source what its newest point came to, from manifests alone: whether it was verified changes no size. */
export async function measureSources(ports: CatalogPorts & { plan: Plan }): Promise<Map<string, Measured>> {
  const ids = await backupIds(ports);
  const asked = new Map<BackupId, ReturnType<typeof read>>();
  const readOnce = (id: BackupId) => {
    const answer = asked.get(id) ?? read(ports, id);
    asked.set(id, answer);
    return answer;
  };
  const found = await pMap(
    Object.keys(ports.plan.sources),
    async (source) => {
      for (const id of ids.filter((one) => mayHold(ports.plan, source, one)).slice(0, BACKUPS_LOOKED_AT)) {
        const component = (await readOnce(id))?.components[source];
        if (component) return [[source, measure(id, component)] as const];
      }
      return [];
    },
    { concurrency: SOURCES_AT_ONCE },
  );
  return new Map(found.flat());
}

/** Of a backup that the plan has this source in, or by hand; a safety point may hold something else. */
export function mayHold({ backups }: Pick<Plan, "backups">, source: string, id: BackupId): boolean {
  const name = nameOfBackup(id);
  return name.startsWith("manual-") || backups[name]?.sources.includes(source) === true;
}

async function read(ports: CatalogPorts, id: BackupId) {
  try {
    return (await readManifest(ports, id))?.manifest;
  } catch (error) {
    if (isUnbelievable(error)) return undefined;
    throw error;
  }
}
