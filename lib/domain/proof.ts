import { z } from "zod";
import { Facts } from "./facts.ts";

/** `proofs/<source>/verified-<runId>.json`: everything was read back, opened and parsed to its last entry. */
export const VerifiedProof = z.strictObject({
  schema: z.literal(1),
  backupId: z.string(),
  source: z.string(),
  manifestSha256: z.string(),
  verifiedAt: z.iso.datetime(),
  bytesRead: z.int(),
  /** For engines whose facts can only be counted in a loaded copy. */
  facts: Facts.optional(),
});
export type VerifiedProof = z.infer<typeof VerifiedProof>;

/** `proofs/<source>/quarantined-<runId>.json`: this point is wrong; restores refuse it until a person releases it. */
export const QuarantineProof = z.strictObject({
  schema: z.literal(1),
  backupId: z.string(),
  source: z.string(),
  quarantinedAt: z.iso.datetime(),
  reasons: z.array(z.string()).min(1),
});
export type QuarantineProof = z.infer<typeof QuarantineProof>;

/** `proofs/<source>/copied-<copy>-<runId>.json`: the point is in that copy, as the other side itself has said. */
export const CopiedProof = z.strictObject({
  schema: z.literal(1),
  backupId: z.string(),
  source: z.string(),
  manifestSha256: z.string(),
  /** Its name in the plan, and where that was. */
  copy: z.string(),
  bucket: z.string(),
  region: z.string(),
  readBackAt: z.iso.datetime(),
  /** Stored bytes of its artifacts. */
  bytes: z.int(),
  /** What was compared with the manifest: the checksums that S3 has computed of what it stores there, or every byte. */
  by: z.enum(["checksums", "bytes"]),
});
export type CopiedProof = z.infer<typeof CopiedProof>;
/** `proofs/<source>/suspicious-<runId>.json`: whole, and unlike what its source usually holds. Not `latest` until a person releases it. */
export const SuspiciousProof = z.strictObject({
  schema: z.literal(1),
  backupId: z.string(),
  source: z.string(),
  suspectedAt: z.iso.datetime(),
  reasons: z.array(z.string()).min(1),
});
export type SuspiciousProof = z.infer<typeof SuspiciousProof>;

/** `proofs/<source>/released-<id>.json`: a person has looked, and these words against the point no longer count. */
export const ReleasedProof = z.strictObject({
  schema: z.literal(1),
  backupId: z.string(),
  source: z.string(),
  /** `suspicious-<runId>`, `quarantined-<runId>`: what comes later counts again. */
  releases: z.array(z.string()).min(1),
  why: z.string(),
  /** Nothing proves who asked: `claimed` is the request's own word, `call` the id of the invocation. */
  who: z.strictObject({ claimed: z.string(), call: z.string() }),
  releasedAt: z.iso.datetime(),
});
export type ReleasedProof = z.infer<typeof ReleasedProof>;
