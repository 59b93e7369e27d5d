import { z } from "zod";
import { describeMs } from "./progress.ts";

/** S3's classes whose objects are read only once a copy of them was thawed. */
export const ArchiveClass = z.enum(["GLACIER", "DEEP_ARCHIVE"]);
export type ArchiveClass = z.infer<typeof ArchiveClass>;
/** The classes that a copy may be written in, beside Standard. All but those of `ArchiveClass` are read at once. */
export const ColdClass = z.enum(["STANDARD_IA", "GLACIER_IR", ...ArchiveClass.options]);
export type ColdClass = z.infer<typeof ColdClass>;
export const isArchive = (name: string | undefined): name is ArchiveClass => ArchiveClass.safeParse(name).success;

/** Days that S3 bills of an object in any case. https://aws.amazon.com/s3/storage-classes/ */
export const BILLED_DAYS: Record<ColdClass, number> = {
  STANDARD_IA: 30,
  GLACIER_IR: 90,
  GLACIER: 90,
  DEEP_ARCHIVE: 180,
};

/** How fast, and how dear, S3 thaws. */
export const Retrieval = z.enum(["Expedited", "Standard", "Bulk"]);
export type Retrieval = z.infer<typeof Retrieval>;

/** What S3 says of an object in an archive. `done`: its bytes can be read for some days. */
export type Archived = { storageClass: ArchiveClass; thaw: "not asked for" | "under way" | "done" };

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/**
 * The longest that S3 typically takes; AWS offers no other pairs. Of objects of 250 MB and more an expedited retrieval gives up to
 * 300 MB a second. https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects-retrieval-options.html
 */
const TYPICALLY_MS: Record<ArchiveClass, Partial<Record<Retrieval, number>>> = {
  GLACIER: { Expedited: 5 * MINUTE_MS, Standard: 5 * HOUR_MS, Bulk: 12 * HOUR_MS },
  DEEP_ARCHIVE: { Standard: 12 * HOUR_MS, Bulk: 48 * HOUR_MS },
};
const LARGE_BYTES = 250_000_000;
const EXPEDITED_BYTES_PER_MS = 300_000;

/** A restore waits no longer; S3 goes on, and the next restore of the point takes up what was thawed. */
export const THAW_AT_MOST_MS = 13 * HOUR_MS;
/** How long what was thawed stays readable: longer than any restore runs. */
export const THAWED_DAYS = 3;

/** How long S3 says that it takes; undefined where AWS does not offer this retrieval of this class. */
export function thawMs(storageClass: ArchiveClass, retrieval: Retrieval, bytes: number): number | undefined {
  const typically = TYPICALLY_MS[storageClass][retrieval];
  if (typically === undefined || retrieval !== "Expedited" || bytes < LARGE_BYTES) return typically;
  return typically + bytes / EXPEDITED_BYTES_PER_MS;
}

/** Some artifacts of a point that lie in archives, with what a restore has to wait for. */
export type Frozen = { classes: ArchiveClass[]; bytes: number; frozenBytes: number; takesMs: number };

/** Undefined where nothing lies in an archive. `takesMs`: 0 where all of it was thawed already. Throws nothing: what AWS does not offer takes for ever. */
export function frozenOf(
  objects: readonly { bytes: number; archived: Archived | undefined }[],
  retrieval: Retrieval,
): Frozen | undefined {
  const archived = objects.flatMap(({ bytes, archived: one }) => (one ? [{ bytes, ...one }] : []));
  if (archived.length === 0) return undefined;
  const frozen = archived.filter(({ thaw }) => thaw !== "done");
  const times = frozen.map((one) => thawMs(one.storageClass, retrieval, one.bytes) ?? Number.POSITIVE_INFINITY);
  const sum = (some: readonly { bytes: number }[]) => some.reduce((total, { bytes }) => total + bytes, 0);
  return {
    classes: [...new Set(archived.map(({ storageClass }) => storageClass))].toSorted(),
    ...{ bytes: sum(archived), frozenBytes: sum(frozen), takesMs: Math.max(0, ...times) },
  };
}

/** How far a restore's thaw is, as `thaw-point` writes it down when it begins and whenever more can be read. */
export const Thaw = z.strictObject({
  classes: z.array(ArchiveClass),
  retrieval: Retrieval,
  requestedAt: z.iso.datetime(),
  /** By what AWS says that it typically takes at most. */
  expectedBy: z.iso.datetime(),
  /** Artifacts that lie in archives, and how many of them can be read. */
  artifacts: z.int(),
  thawed: z.int(),
  bytes: z.int(),
  thawedBytes: z.int(),
  at: z.iso.datetime(),
});
export type Thaw = z.infer<typeof Thaw>;

export const isThawed = ({ artifacts, thawed }: Thaw) => thawed === artifacts;

/** Of the bytes; S3 does not say how far it is with a single object. */
export const thawedPercent = ({ bytes, thawedBytes }: Thaw) =>
  bytes === 0 ? 0 : Math.floor((100 * thawedBytes) / bytes);

/** `thawing from DEEP_ARCHIVE (Standard), 0 %`. */
export const describeThaw = (thaw: Thaw) =>
  `thawing from ${thaw.classes.join(" and ")} (${thaw.retrieval}), ${thawedPercent(thaw)} %`;

/** `up to 12h`. */
export const describeWait = (takesMs: number) =>
  Number.isFinite(takesMs) ? `up to ${describeMs(takesMs)}` : "a retrieval that AWS does not offer";

/** For the notes of the evidence. */
export const describeThawed = ({ classes, retrieval }: Thaw, tookMs: number) =>
  `It was thawed from ${classes.join(" and ")} in ${describeMs(tookMs)} (${retrieval}).`;
