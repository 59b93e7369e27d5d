import type { BackupId } from "./ids.ts";
import { placeOf, prunedPointOf } from "./repository-key.ts";
import { planRetention, type Rules, type Standing } from "./retention.ts";

/** One version of one object, hidden ones included: all of them are paid for. */
export type StoredVersion = { key: string; bytes: number; storageClass: string };
/** Bytes by S3's storage class. */
export type ByClass = Record<string, number>;

/** What is no artifact and no data key: manifests, proofs, the audit log, records of runs. */
const RECORDS = "(records)";
/** What nothing of holdfast has written. */
const STRANGERS = "(strangers)";

/** Whose bytes a version is. */
export function ownerOf(stage: string, key: string): string {
  if (!placeOf(stage, key)) return STRANGERS;
  return prunedPointOf(stage, key)?.source ?? RECORDS;
}

export const sumOfClasses = (classes: ByClass) => Object.values(classes).reduce((sum, bytes) => sum + bytes, 0);

const DAY_MS = 24 * 3600 * 1000;
/** Growth is looked at, and foretold, over so many days. */
const DAYS = 30;
const BYTES_PER_GB = 2 ** 30;

/** What came in the last 30 days. */
export const addedTo = (points: readonly Standing[], now: Date) => bytesOf(comeLately(points, now));

/**
 * What the points of a source will come to in 30 days, if as much comes as in the last 30: what retention then keeps. Without
 * `rules` nothing is let go of.
 */
export function bytesIn30Days(
  points: readonly Standing[],
  rules: Pick<Rules, "policy" | "holds"> | undefined,
  now: Date,
): number {
  const then = new Date(now.getTime() + DAYS * DAY_MS);
  const all = [...points, ...toCome(points, now)];
  if (!rules) return bytesOf(all);
  const unhindered = { ...rules, rpoMs: undefined, most: all.length, inUse: new Set<BackupId>() };
  return bytesOf(planRetention(all, unhindered, then).keep.map(({ point }) => point));
}

const comeLately = (points: readonly Standing[], now: Date) =>
  points.filter(({ recoveredTo }) => recoveredTo.getTime() > now.getTime() - DAYS * DAY_MS);
/** The last 30 days once more; what is younger comes as often as it takes. */
function toCome(points: readonly Standing[], now: Date): Standing[] {
  const late = comeLately(points, now);
  const oldest = Math.min(now.getTime(), ...late.map(({ recoveredTo }) => recoveredTo.getTime()));
  const days = Math.max(1, Math.ceil((now.getTime() - oldest) / DAY_MS));
  const until = now.getTime() + DAYS * DAY_MS;
  const ahead = (at: Date, round: number) => new Date(at.getTime() + round * days * DAY_MS);
  return Array.from({ length: Math.ceil(DAYS / days) }, (_, round) =>
    late.map(({ expiredAt: _expired, ...point }) => ({ ...point, recoveredTo: ahead(point.recoveredTo, round + 1) })),
  )
    .flat()
    .filter(({ recoveredTo }) => recoveredTo.getTime() <= until);
}
const bytesOf = (points: readonly Standing[]) => points.reduce((sum, { bytes }) => sum + bytes, 0);

/** US dollars a month; undefined where the price of a class is not known. */
export function costOf(classes: ByClass, prices: Record<string, number> | undefined): number | undefined {
  let cost = 0;
  for (const [name, bytes] of Object.entries(classes)) {
    const price = prices?.[name];
    if (price === undefined) return undefined;
    cost += (bytes / BYTES_PER_GB) * price;
  }
  return cost;
}
