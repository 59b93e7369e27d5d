import { z } from "zod";
import { RanHooks } from "./hooks.ts";
import { BackupId, RestoreId } from "./ids.ts";
import { Phases } from "./outcome.ts";

/** What every record of a restore begins with. */
const ofRestore = { schema: z.literal(1), restoreId: RestoreId, source: z.string(), target: z.string() };
/** Nothing proves who asked: `claimed` is the request's own word. */
const ByHand = z.strictObject({ claimed: z.string().nullable(), call: z.string() });

/** `restores/<restoreId>/evidence.json`: what a restore did, measured. Signed like a manifest. */
export const Evidence = z.strictObject({
  ...ofRestore,
  backupId: BackupId,
  recoveredTo: z.iso.datetime(),
  /** Nothing proves who asked: these are the request's own words. */
  requestedBy: z.strictObject({ claimed: z.string().nullable(), execution: z.string() }),
  /** Where the target asks for a second person: who approved it, or who went on alone and why. */
  approval: z
    .union([
      z.strictObject({ approvedBy: z.string(), at: z.iso.datetime() }),
      z.strictObject({ glassBrokenBy: z.string(), why: z.string() }),
    ])
    .optional(),
  safetyBackupId: BackupId.nullable(),
  noSafetyBecause: z.string().nullable(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** Seconds. */
  phases: Phases,
  /** What the plan's hooks did around it, in this order. */
  hooks: RanHooks.optional(),
  factsCompared: z.int().positive(),
  putThere: z.array(z.strictObject({ name: z.string(), mark: z.string() })),
  kept: z.array(z.strictObject({ what: z.string(), drop: z.string() })),
  notes: z.array(z.string()),
});
export type Evidence = z.infer<typeof Evidence>;

/** `restores/<restoreId>/rollback.json`: that the old state was put back. Signed too. */
export const Rollback = z.strictObject({
  ...ofRestore,
  requestedBy: ByHand,
  finishedAt: z.iso.datetime(),
  kept: Evidence.shape.kept,
  notes: Evidence.shape.notes,
});
export type Rollback = z.infer<typeof Rollback>;

/** `restores/<restoreId>/dropped.json`: that what a restore, or its rollback, had kept was dropped when its time was over. Signed too. */
export const DroppedState = z.strictObject({
  ...ofRestore,
  /** The plan's `keepOldState` at that time, or what the request said. */
  keptFor: z.string(),
  finishedAt: z.iso.datetime(),
  /** What was there and is gone; empty where somebody had dropped it before. */
  dropped: z.array(z.string()),
});
export type DroppedState = z.infer<typeof DroppedState>;

/** `restores/<restoreId>/cancelled.json`: that somebody put an end to a restore before its swap. Signed too. */
export const Cancelled = z.strictObject({
  ...ofRestore,
  because: z.string(),
  requestedBy: ByHand,
  cancelledAt: z.iso.datetime(),
  /** What the restore was at, in words. */
  at: z.string(),
});
export type Cancelled = z.infer<typeof Cancelled>;
