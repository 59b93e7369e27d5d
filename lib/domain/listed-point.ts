import { z } from "zod";
import { Sha256 } from "./artifact.ts";
import { SweepId } from "./expiry.ts";
import { BackupId } from "./ids.ts";
import type { RecoveryPoint } from "./recovery-point.ts";

const its = {
  source: z.string(),
  backupId: BackupId,
  recoveredTo: z.coerce.date(),
  manifestSha256: Sha256,
  /** Stored bytes of all its artifacts. */
  bytes: z.int().positive(),
};

/** A recovery point as lists and retention look at it: without its artifacts and facts, so that ten thousand of them take a few megabytes. */
export const ListedPoint = z.discriminatedUnion("proof", [
  z.strictObject({ ...its, proof: z.literal("committed") }),
  z.strictObject({ ...its, proof: z.literal("verified"), verifiedAt: z.coerce.date() }),
  z.strictObject({
    ...its,
    proof: z.literal("suspicious"),
    verifiedAt: z.coerce.date(),
    reasons: z.array(z.string()),
  }),
  z.strictObject({ ...its, proof: z.literal("quarantined"), reasons: z.array(z.string()) }),
  z.strictObject({
    ...its,
    proof: z.literal("expired"),
    was: z.enum(["committed", "verified", "suspicious", "quarantined"]),
    expiredAt: z.coerce.date(),
    because: z.string(),
  }),
  z.strictObject({
    ...its,
    proof: z.literal("pruned"),
    prunedAt: z.coerce.date(),
    prunedBy: SweepId,
    isGone: z.boolean(),
    because: z.string(),
  }),
]);
export type ListedPoint = z.infer<typeof ListedPoint>;

export function listed(point: RecoveryPoint): ListedPoint {
  const { source, backupId, recoveredTo, manifestSha256, component } = point;
  const same = { source, backupId, recoveredTo, manifestSha256, bytes: component.size };
  switch (point.proof) {
    case "committed":
      return { ...same, proof: point.proof };
    case "verified":
      return { ...same, proof: point.proof, verifiedAt: point.verifiedAt };
    case "suspicious":
      return { ...same, proof: point.proof, verifiedAt: point.verifiedAt, reasons: point.reasons };
    case "quarantined":
      return { ...same, proof: point.proof, reasons: point.reasons };
    case "expired": {
      const { proof, was, expiredAt, because } = point;
      return { ...same, proof, was, expiredAt, because };
    }
    case "pruned": {
      const { proof, prunedAt, prunedBy, isGone, because } = point;
      return { ...same, proof, prunedAt, prunedBy, isGone, because };
    }
  }
}
