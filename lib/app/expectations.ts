import type { BackupId } from "#domain/ids.ts";
import { placeOf } from "#domain/repository-key.ts";
import type { Expectation } from "#domain/tampering.ts";
import { type CatalogPorts, isUnbelievable, readManifest } from "./catalog.ts";

type Ports = CatalogPorts & { stage: string };
type Backup = { expectedUntil?: Date | "never"; listed: Set<string> };

/** What a key may hold by now. Keys come in order, so that the manifest of one backup is kept at a time. */
export function expectations(ports: Ports): (key: string) => Promise<Expectation> {
  let last: { backupId: BackupId; backup: Promise<Backup> } | undefined;
  return async (key) => {
    const place = placeOf(ports.stage, key);
    if (place?.kind !== "artifact") return { place };
    if (last?.backupId !== place.backupId)
      last = { backupId: place.backupId, backup: readBackup(ports, place.backupId) };
    const { listed, ...expected } = await last.backup;
    return { place, ...expected, isListed: listed.has(key) };
  };
}

async function readBackup(ports: Ports, backupId: BackupId): Promise<Backup> {
  const committed = (await ports.repository.history(ports.layout.manifest(backupId)))?.versions.at(-1);
  if (committed) return { expectedUntil: committed.at, listed: await listedKeys(ports, backupId) };
  const isClaimed = (await ports.repository.head(ports.layout.claim(backupId))) !== undefined;
  return { ...(isClaimed ? {} : { expectedUntil: "never" as const }), listed: new Set() };
}

/** A manifest that can't be believed lists nothing, and is told of by the verify machine. */
async function listedKeys(ports: Ports, backupId: BackupId): Promise<Set<string>> {
  try {
    const found = await readManifest(ports, backupId);
    const components = Object.values(found?.manifest.components ?? {});
    return new Set(components.flatMap(({ artifacts }) => artifacts.map(({ key }) => key)));
  } catch (error) {
    if (!isUnbelievable(error)) throw error;
    return new Set();
  }
}
