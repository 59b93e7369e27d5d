import pMap from "p-map";
import { describeError } from "#domain/errors.ts";
import type { SweepId } from "#domain/expiry.ts";
import { type BackupId, startOf } from "#domain/ids.ts";
import { placeOf } from "#domain/repository-key.ts";
import { sourceOfArtifact } from "#domain/repository-layout.ts";
import { backupIds, isUnbelievable, readManifest } from "./catalog.ts";
import { type ErasePorts, eraseVersions } from "./erase-versions.ts";

/** Longer than any run, and shorter than the 30 days for which its claim says that a run has put them there. */
const DAYS_OF_ORPHANS = 14;
const READS_AT_ONCE = 16;
const DAY_MS = 24 * 3600 * 1000;

type Ports = ErasePorts & { stage: string };
type Sweep = { sweep: SweepId; call: string; now: Date };

/**
 * Deletes artifacts that no manifest names: of captures that failed, and of tries that another one followed. A backup whose
 * manifest is not there though something of a committed backup is, or can't be believed, is left alone: somebody else has been
 * at it. Answers how many, and what waits or went wrong.
 */
export async function pruneOrphans(ports: Ports, sweep: Sweep): Promise<{ pruned: number; left: string[] }> {
  const left: string[] = [];
  let pruned = 0;
  const isOld = (id: BackupId) => sweep.now.getTime() - startOf(id).getTime() >= DAYS_OF_ORPHANS * DAY_MS;
  const look = async (id: BackupId) => [id, await orphansOf(ports, id, sweep.now)] as const;
  const looked = await pMap((await backupIds(ports)).filter(isOld), look, { concurrency: READS_AT_ONCE });
  for (const [backupId, orphans] of looked) {
    for (const [source, keys] of Map.groupBy(orphans, (key) => sourceOfArtifact(backupId, key))) {
      const point = { backupId, source, recoveredTo: startOf(backupId) };
      const because = `no manifest names them ${DAYS_OF_ORPHANS} days after the run`;
      try {
        const waits = await eraseVersions(ports, { point, step: "orphans", keys, because, ...sweep });
        if (waits === undefined) pruned += keys.length;
        else left.push(`${backupId} ${source}: ${waits}`);
      } catch (error) {
        left.push(`${backupId} ${source}: ${describeError(error).message}`);
      }
    }
  }
  return { pruned, left };
}

async function orphansOf(ports: Ports, backupId: BackupId, now: Date): Promise<string[]> {
  const artifacts: string[] = [];
  let isCommitted = false;
  for await (const { key, versions } of ports.repository.histories(ports.layout.backup(backupId))) {
    const kind = placeOf(ports.stage, key)?.kind;
    if (kind !== "artifact") isCommitted = true;
    else if (versions.every(({ at }) => now.getTime() - at.getTime() >= DAYS_OF_ORPHANS * DAY_MS)) artifacts.push(key);
  }
  if (artifacts.length === 0 || !isCommitted) return artifacts;
  try {
    const found = await readManifest(ports, backupId);
    if (!found) return [];
    const listed = Object.values(found.manifest.components).flatMap((one) => one.artifacts.map(({ key }) => key));
    return artifacts.filter((key) => !listed.includes(key));
  } catch (error) {
    if (isUnbelievable(error)) return [];
    throw error;
  }
}
