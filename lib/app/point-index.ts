import { z } from "zod";
import { describeError } from "#domain/errors.ts";
import { BackupId } from "#domain/ids.ts";
import { ListedPoint } from "#domain/listed-point.ts";
import { parseJson } from "#domain/manifest.ts";
import { changeOfKey } from "#domain/repository-layout.ts";
import type { Clock } from "#ports/log.ts";
import { type BackupPoints, type Backups, backupIds, type CatalogPorts, readListed } from "./catalog.ts";
import { readSignedProof } from "./signed-objects.ts";

/** One is written a day; an older one than this shows that they no longer are. */
const DAYS_OF_USE = 3;
const DAY_MS = 24 * 3600 * 1000;
/** Clocks differ, and a word is said a moment after it was announced. Everything of this long before the index is read anew. */
const OVERLAP_MS = 15 * 60_000;
/** Ids are scheduled instants: a backup of before the index may have been committed after it, by a run of hours. */
const LONGEST_RUN_MS = 24 * 3600 * 1000;

export const Index = z.strictObject({
  schema: z.literal(1),
  begunAt: z.coerce.date(),
  points: z.array(ListedPoint),
  refused: z.array(z.strictObject({ backupId: BackupId, reason: z.string() })),
});
export type Index = z.infer<typeof Index>;
/** `from`: in words, what was read. */
export type PointIndex = Backups & { from: string };

/** Tells the index that something is about to be said of a backup's points. Comes before it, so that none is missed. */
export async function noteChange(
  { repository, layout, clock }: Pick<CatalogPorts, "repository" | "layout"> & { clock: Clock },
  backupId: BackupId,
): Promise<void> {
  await repository.create(layout.change(backupId, clock()), "{}");
}

/**
 * The newest index of ours, or why there is none to use. It answers for a backup of which nothing was said since; every other
 * one is read from its manifest. A cache for what people are shown: nothing is let go of or deleted by it.
 */
export async function openIndex(ports: CatalogPorts & { clock: Clock }): Promise<PointIndex | { because: string }> {
  const now = ports.clock();
  const keys = [];
  for await (const key of ports.repository.list(ports.layout.indexes)) if (key.endsWith("/points.json")) keys.push(key);
  const newest = keys.at(-1);
  if (newest === undefined) return { because: "there is no index" };
  const index = await readIndex(ports, newest);
  if ("because" in index) return index;
  const ageMs = now.getTime() - index.begunAt.getTime();
  if (ageMs > DAYS_OF_USE * DAY_MS || ageMs < -OVERLAP_MS)
    return { because: `the index of ${index.begunAt.toISOString()} is not of the last ${DAYS_OF_USE} days` };
  const changed = await changedSince(ports, new Date(index.begunAt.getTime() - OVERLAP_MS));
  const newer: BackupId[] = [];
  for (const day of daysSince(new Date(index.begunAt.getTime() - LONGEST_RUN_MS), now))
    newer.push(...(await backupIds(ports, day)));
  const known = new Map<BackupId, BackupPoints<ListedPoint>>();
  const of = (id: BackupId) => {
    const found = known.get(id) ?? { points: [], refused: [] };
    known.set(id, found);
    return found;
  };
  for (const point of index.points) of(point.backupId).points.push(point);
  for (const one of index.refused) of(one.backupId).refused.push(one);
  const ids = [...new Set([...known.keys(), ...newer])].toSorted().reverse();
  for (const id of changed) known.delete(id);
  const fresh = readListed(ports);
  return {
    ids,
    read: async (id) => known.get(id) ?? fresh(id),
    from: `index of ${index.begunAt.toISOString()}; ${changed.size} changed backups and every newer one from their manifests`,
  };
}

export const readFrom = (index: PointIndex | { because: string }) =>
  "ids" in index ? index.from : `every manifest: ${index.because}`;

async function readIndex(ports: CatalogPorts, key: string): Promise<Index | { because: string }> {
  try {
    const bytes = await readSignedProof(ports, key);
    return bytes ? parseJson(bytes, Index, key) : { because: `${key} is not signed by us` };
  } catch (error) {
    if (describeError(error).name !== "ManifestInvalid") throw error;
    return { because: describeError(error).message };
  }
}

async function changedSince(ports: CatalogPorts, since: Date): Promise<Set<BackupId>> {
  const changed = new Set<BackupId>();
  const firstDay = since.toISOString().slice(0, 10);
  const days = await ports.repository.folders(ports.layout.changes());
  for (const day of days.filter((one) => one >= firstDay))
    for await (const key of ports.repository.list(ports.layout.changes(day))) {
      const change = changeOfKey(key);
      const id = BackupId.safeParse(change?.backupId);
      if (change && id.success && change.at >= since) changed.add(id.data);
    }
  return changed;
}

/** `2026-02-23`, and so on until the day that it may be on a clock which is ahead of ours. */
function daysSince(since: Date, now: Date): string[] {
  const days: string[] = [];
  for (let day = Math.floor(since.getTime() / DAY_MS) * DAY_MS; day <= now.getTime() + OVERLAP_MS; day += DAY_MS)
    days.push(new Date(day).toISOString().slice(0, 10));
  return days;
}
