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
