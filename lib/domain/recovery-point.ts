import type { SweepId } from "./expiry.ts";
import { type BackupId, isSafety } from "./ids.ts";
import type { Component } from "./manifest.ts";

/** A state of one source that can be restored. What is not committed is not a recovery point. */
export type RecoveryPoint = {
  source: string;
  backupId: BackupId;
  recoveredTo: Date;
  manifestSha256: string;
  component: Component;
} & (
  | { proof: "committed" }
  | { proof: "verified"; verifiedAt: Date; facts: NonNullable<Component["facts"]>; released?: Released }
  /** Verified, and unlike what its source usually holds: nothing chooses it by itself until a person releases it. */
  | { proof: "suspicious"; verifiedAt: Date; facts: NonNullable<Component["facts"]>; reasons: string[] }
  | { proof: "quarantined"; reasons: string[] }
  /** Retention has let go of it: whole, not offered, deleted by a later sweep unless it is kept again. */
  | { proof: "expired"; was: Proved; expiredAt: Date; because: string }
  /** Its bytes are being deleted, by the sweep `prunedBy` says, or are gone; its manifest stays. */
  | { proof: "pruned"; prunedAt: Date; prunedBy: SweepId; isGone: boolean; because: string }
);
/** How far a point was proved before retention let go of it. */
export type Proved = "committed" | "verified" | "suspicious" | "quarantined";
/** That a person has released it, the last time, of what it was held back for. */
export type Released = { wasSuspicious: boolean; at: Date; by: string; why: string };
/** What a restore may choose. */
export type TrustedPoint = Extract<RecoveryPoint, { proof: "verified" }>;

export const isTrusted = (point: RecoveryPoint): point is TrustedPoint => point.proof === "verified";

/**
 * `latest` is the newest VERIFIED point that is no safety point, if wanted before an instant. Newer COMMITTED points,
 * which are still being verified, and SUSPICIOUS ones, which wait for a person, are named beside it. Points may come in any order.
 */
export function chooseLatest<P extends Pick<RecoveryPoint, "backupId" | "recoveredTo" | "proof">>(
  points: P[],
  before?: Date,
): { latest: (P & { proof: "verified" }) | undefined; newerCommitted: P[]; newerSuspicious: P[] } {
  const newestFirst = points
    .filter((point) => !isSafety(point.backupId) && (before === undefined || point.recoveredTo < before))
    .toSorted((a, b) => b.recoveredTo.getTime() - a.recoveredTo.getTime());
  const latest = newestFirst.find((point): point is P & { proof: "verified" } => point.proof === "verified");
  const newer = latest === undefined ? newestFirst : newestFirst.slice(0, newestFirst.indexOf(latest));
  const newerThat = (are: RecoveryPoint["proof"]) => newer.filter(({ proof }) => proof === are);
  return { latest, newerCommitted: newerThat("committed"), newerSuspicious: newerThat("suspicious") };
}
