import { z } from "zod";
import { BackupId, RestoreId } from "./ids.ts";
import { Phases } from "./outcome.ts";

/** `restores/<restoreId>/evidence.json`: what a restore did, measured. Signed like a manifest. */
export const Evidence = z.strictObject({
  schema: z.literal(1),
  restoreId: RestoreId,
  source: z.string(),
  target: z.string(),
  backupId: BackupId,
  recoveredTo: z.iso.datetime(),
  /** Nothing proves who asked: these are the request's own words. */
  requestedBy: z.strictObject({ claimed: z.string().nullable(), execution: z.string() }),
  safetyBackupId: BackupId.nullable(),
  noSafetyBecause: z.string().nullable(),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  /** Seconds. */
  phases: Phases,
  factsCompared: z.int().positive(),
  putThere: z.array(z.strictObject({ name: z.string(), mark: z.string() })),
  kept: z.array(z.strictObject({ what: z.string(), drop: z.string() })),
  notes: z.array(z.string()),
});
export type Evidence = z.infer<typeof Evidence>;

/** `restores/<restoreId>/rollback.json`: that the old state was put back. Signed too. */
export const Rollback = z.strictObject({
  schema: z.literal(1),
  restoreId: RestoreId,
  source: z.string(),
  target: z.string(),
  requestedBy: z.strictObject({ claimed: z.string().nullable(), call: z.string() }),
  finishedAt: z.iso.datetime(),
  kept: Evidence.shape.kept,
  notes: Evidence.shape.notes,
});
export type Rollback = z.infer<typeof Rollback>;

/** `restores/<restoreId>/dropped.json`: that what a restore, or its rollback, had kept was dropped when its time was over. Signed too. */
export const DroppedState = z.strictObject({
  schema: z.literal(1),
  restoreId: RestoreId,
  source: z.string(),
  target: z.string(),
  /** The plan's `keepOldState` at that time, or what the request said. */
  keptFor: z.string(),
  finishedAt: z.iso.datetime(),
  /** What was there and is gone; empty where somebody had dropped it before. */
  dropped: z.array(z.string()),
});
export type DroppedState = z.infer<typeof DroppedState>;
