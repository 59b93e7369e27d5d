import type { Place } from "./repository-key.ts";

/** All that a versioned bucket keeps of one key. */
export type ObjectHistory = {
  key: string;
  /** Newest first: the last one is the one that was written first. */
  versions: StoredVersion[];
  /** Delete markers, which hide versions without taking them away. */
  markers: StoredVersion[];
};
type StoredVersion = { versionId: string; at: Date };

/** What nothing of holdfast does: it writes each key once and deletes nothing. */
export type Tampering = {
  kind: "deleted" | "overwritten" | "unexpected";
  key: string;
  at: Date;
  what: string;
  /** Taking this version away brings back what was there before. Unknown for what was deleted for good. */
  versionId: string | undefined;
};

/**
 * `expectedUntil`: artifacts of a backup are written until its manifest is; undefined while its run goes on, and "never" when
 * no run has claimed it. `isListed`: the manifest names this key.
 */
export type Expectation = { place: Place | undefined; expectedUntil?: Date | "never"; isListed?: boolean };

/** The bucket's rule lets claims expire after 30 days, and a run lasts for hours: an artifact of this age may have outlived its own. */
const CLAIM_IS_THERE_MS = 29 * 24 * 3_600_000;

/** Judges one key by its whole history. */
export function judgeHistory({ key, versions, markers }: ObjectHistory, expected: Expectation, now: Date): Tampering[] {
  const first = versions.at(-1);
  const unexpected = first && whyUnexpected(first, expected, now);
  return [
    ...(expected.place?.kind === "run" ? [] : markers) // the bucket's own rule lets runs/ expire
      .map((marker) => ({ kind: "deleted" as const, key, ...marker, what: "is hidden by a delete marker" })),
    ...versions
      .slice(0, -1)
      .map((version) => ({ kind: "overwritten" as const, key, ...version, what: "was written over" })),
    ...(first === undefined || unexpected === undefined
      ? []
      : [{ kind: "unexpected" as const, key, ...first, what: unexpected }]),
  ];
}

function whyUnexpected(
  { at }: StoredVersion,
  { place, expectedUntil, isListed = false }: Expectation,
  now: Date,
): string | undefined {
  if (!place) return "is no key of holdfast's";
  if (place.kind !== "artifact" || isListed) return undefined; // nobody reads what is not listed or signed by us
  if (expectedUntil === "never")
    return now.getTime() - at.getTime() < CLAIM_IS_THERE_MS ? "belongs to a backup that no run has claimed" : undefined;
  if (expectedUntil && at.getTime() > expectedUntil.getTime())
    return "was put beside a backup after it had been committed, and is not in its manifest";
  return undefined;
}

/** The same kind, backup and hour is one problem: told once, however many objects it meets and however often it is found. */
export const problemOf = ({ kind, at }: Tampering, place: Place | undefined) =>
  `${kind} ${place && "backupId" in place ? place.backupId : "outside of backups"} ${at.toISOString().slice(0, 13)}`;
