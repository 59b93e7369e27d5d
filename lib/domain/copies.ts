import { z } from "zod";
import { ColdClass, isArchive } from "./archive.ts";
import { Name } from "./ids.ts";
import { Lock } from "./lock-policy.ts";
import { CopyRetention } from "./retention-policy.ts";

/** Where the points of some sources are copied to: a bucket of another region, and of another account if wanted. */
export const Copy = z.strictObject({
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "must be the name of a bucket, without dots")
    .describe("A bucket made by infra/copy-bucket.yml: versioned, with Object Lock."),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be a region, as in eu-central-1")
    .describe("The bucket's region."),
  account: z
    .string()
    .regex(/^\d{12}$/, "must be an account of 12 digits")
    .optional()
    .describe("The account that owns the bucket; S3 then refuses one of anybody else's."),
  sources: z.array(Name).min(1).optional().describe("The sources whose points are copied there; without it all."),
  readBack: z
    .enum(["checksums", "bytes"])
    .default("checksums")
    .describe("How a copy is proved: by the checksums that S3 has computed of its bytes, or by reading every byte."),
  storageClass: ColdClass.optional().describe(
    "What artifacts are written in there; without it Standard. From GLACIER and DEEP_ARCHIVE a restore waits for a thaw.",
  ),
  retention: CopyRetention.optional().describe("How long points are kept there; without it nothing expires there."),
  lock: Lock.optional().describe("Object Lock on what is kept there; without it nothing is locked there."),
});
export type Copy = z.infer<typeof Copy>;

/** Where a copy is, for a task, which knows no plan. */
export const CopyPlace = Copy.pick({ bucket: true, region: true, account: true });
export type CopyPlace = z.infer<typeof CopyPlace>;

/** The names of the copies that a source's points belong in, those that are read at once before the archives. */
export const copiesOf = (copies: Record<string, Copy> = {}, source: string): string[] =>
  Object.entries(copies)
    .filter(([, { sources }]) => sources?.includes(source) !== false)
    .toSorted(([, a], [, b]) => Number(isArchive(a.storageClass)) - Number(isArchive(b.storageClass)))
    .map(([name]) => name);

/** What says where a sweep is: the first bucket, or the copy of that name. */
export const REPOSITORY = "repository";

/** Once a day: what no event has told of, or what failed. */
export const SWEEP_OF_COPIES = "45 5 * * *";
