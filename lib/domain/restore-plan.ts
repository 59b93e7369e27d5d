import { z } from "zod";
import { BackupId, RestoreId } from "./ids.ts";

/** What a restore was decided to be, handed from state to state. */
export const RestorePlan = z.strictObject({
  restoreId: RestoreId,
  source: z.string(),
  target: z.string(),
  isLive: z.boolean(),
  backupId: BackupId,
  /** The copy of the plan that the point is read from. */
  from: z.string().optional(),
  /** Why it is read from there though nobody has asked for that: the repository has lost it. */
  fellBack: z.string().optional(),
  recoveredTo: z.iso.datetime(),
  /** Points that are newer than the chosen one and not yet verified. */
  newerCommitted: z.array(BackupId),
  startedAt: z.iso.datetime(),
});
export type RestorePlan = z.infer<typeof RestorePlan>;
