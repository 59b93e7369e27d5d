import { z } from "zod";

export const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be a SHA-256 in hex");

/** One stored object of a recovery point, as the worker that wrote it knows it. Sizes in bytes, hashes in hex. */
export const Artifact = z.strictObject({
  key: z.string(),
  /** A hint: the hash decides, since an emulator or a replica may give another one. */
  versionId: z.string().optional(),
  /** What kind of stream it is, as the engine names it: `dump`, `globals`, `rdb` … */
  kind: z.string(),
  /** What it holds, in words and for people. */
  holds: z.string(),
  /** What the engine needs to know again, for example the database's name. */
  subject: z.string().optional(),
  bytes: z.int().positive(),
  sha256: Sha256,
  plainBytes: z.int().nonnegative(),
  plainSha256: Sha256,
  /** In order; each is checked before its bytes are decrypted. */
  parts: z.array(z.strictObject({ bytes: z.int().positive(), sha256: Sha256 })).min(1),
  /** What S3 says of the whole object. */
  compositeSha256: z.string(),
  /** Every process that had a hand in it. */
  exitCodes: z.record(z.string(), z.literal(0)),
  /** The engine's proof of its format's end, in words. */
  formatProof: z.string(),
});
export type Artifact = z.infer<typeof Artifact>;

/** Where each part lies in the stored object: from `start` to `end`, both included. */
export function partRanges({ parts }: Pick<Artifact, "parts">) {
  let next = 0;
  return parts.map(({ bytes, sha256 }, index) => {
    const start = next;
    next += bytes;
    return { number: index + 1, start, end: next - 1, sha256 };
  });
}
