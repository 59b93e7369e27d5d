import { z } from "zod";
import { BackupId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import { HOURS_BEFORE_PRUNE } from "#domain/retention.ts";
import type { CatalogPorts } from "./catalog.ts";

/** As much of a task's input as every version of holdfast has written: a deployment must not stop a sweep. */
const Told = z.looseObject({ verb: z.string(), backupId: BackupId.optional() });

/**
 * T2: backups of which a task was told to read a point not long ago, longer than any machine runs: by a restore or a
 * verification. Whether the run has ended does not matter: a day later it has.
 */
export async function pointsInUse({ repository, layout }: CatalogPorts, now: Date): Promise<Set<BackupId>> {
  const since = now.getTime() - HOURS_BEFORE_PRUNE * 3600 * 1000;
  const inUse = new Set<BackupId>();
  for await (const { key, versions } of repository.histories(layout.runs)) {
    const first = versions.at(-1);
    if (!key.endsWith(".task.json") || !first || first.at.getTime() <= since) continue;
    const bytes = await repository.read(key);
    const input = bytes && parseJson(bytes, Told, key);
    if (input?.backupId && input.verb !== "capture") inUse.add(input.backupId);
  }
  return inUse;
}
