import { Pruning } from "#domain/expiry.ts";
import { parseJson } from "#domain/manifest.ts";
import { prunedPointOf } from "#domain/repository-key.ts";
import { expiryOfKey } from "#domain/repository-layout.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readSignedProof } from "./signed-objects.ts";

/**
 * Whether a sweep has written down beforehand that it deletes this very version. The record is signed, so nobody else can
 * write one; whatever else is deleted for good is somebody else's doing.
 */
export async function isIntendedPrune(
  ports: CatalogPorts & { stage: string },
  { key, versionId }: { key: string; versionId: string | undefined },
): Promise<boolean> {
  const point = prunedPointOf(ports.stage, key);
  if (!point || versionId === undefined) return false;
  for await (const recordKey of ports.repository.list(ports.layout.expiries(point.backupId))) {
    const word = expiryOfKey(recordKey);
    if (word?.source !== point.source || (word.step !== "pruning" && word.step !== "orphans")) continue;
    const bytes = await readSignedProof(ports, recordKey);
    const record = bytes && parseJson(bytes, Pruning, recordKey);
    if (record?.backupId !== point.backupId || record.source !== point.source) continue;
    if (record.versions.some((one) => one.key === key && one.versionId === versionId)) return true;
  }
  return false;
}
