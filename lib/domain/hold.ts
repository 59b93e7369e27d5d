import { z } from "zod";
import { BackupId, Name, stampedId } from "./ids.ts";

/** `2026-02-23-134207-k3x9`. */
export const HoldId = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}-\d{6}-[a-z0-9]{4}$/, "must look like 2026-02-23-134207-k3x9")
  .brand("HoldId");
export type HoldId = z.infer<typeof HoldId>;
export const newHoldId = (suffix: string, at: Date) => HoldId.parse(stampedId(suffix, at));

/** What a hold covers: points that fit everything that is said. Nothing said: every point. */
export const HoldScope = z.strictObject({
  source: Name.optional(),
  backupId: BackupId.optional(),
  /** Points that are consistent at this instant or later … */
  from: z.iso.datetime({ offset: true }).optional(),
  /** … and at this instant or earlier. */
  to: z.iso.datetime({ offset: true }).optional(),
});
export type HoldScope = z.infer<typeof HoldScope>;

/** Nothing proves who asked: `claimed` is the request's own word, `call` the id of the invocation. */
const Who = z.strictObject({ claimed: z.string(), call: z.string() });

/** `holds/<holdId>.json`, signed: nothing that it covers expires or is pruned until it is released. */
export const Hold = z.strictObject({
  schema: z.literal(1),
  holdId: HoldId,
  scope: HoldScope,
  why: z.string(),
  who: Who,
  heldAt: z.iso.datetime(),
  /** From then on it holds nothing; null: until somebody releases it. */
  until: z.iso.datetime({ offset: true }).nullable(),
});
export type Hold = z.infer<typeof Hold>;

/** `holds/<holdId>.released.json`, signed. */
export const HoldRelease = z.strictObject({
  schema: z.literal(1),
  holdId: HoldId,
  why: z.string(),
  who: Who,
  releasedAt: z.iso.datetime(),
});
export type HoldRelease = z.infer<typeof HoldRelease>;

/** A hold whose own words are lost covers everything: nothing may be let go of because a hold can't be read. */
export const unreadableHold = (holdId: HoldId): Hold => ({
  schema: 1,
  holdId,
  scope: {},
  why: "what it says is lost or not signed by this stage's key, so it holds everything",
  who: { claimed: "unknown", call: "unknown" },
  heldAt: new Date(0).toISOString(),
  until: null,
});

type Point = { source: string; backupId: string; recoveredTo: Date };

/** Whether a hold that nobody has released keeps this point at `now`. */
export function isHeld({ scope, until }: Hold, point: Point, now: Date): boolean {
  if (until !== null && Date.parse(until) <= now.getTime()) return false;
  const at = point.recoveredTo.getTime();
  return (
    (scope.source === undefined || scope.source === point.source) &&
    (scope.backupId === undefined || scope.backupId === point.backupId) &&
    (scope.from === undefined || Date.parse(scope.from) <= at) &&
    (scope.to === undefined || at <= Date.parse(scope.to))
  );
}
