import { z } from "zod";
import { BackupId } from "#domain/ids.ts";

/** The input of the `retention` machine: the schedule and people start it with `{}`. What a state is told: which sweep it is. */
export const SweepState = z.strictObject({
  execution: z.strictObject({ id: z.string(), startTime: z.iso.datetime() }),
});

/** `backupId`: only the points of this backup, which were just verified. */
export const LockState = SweepState.extend({ backupId: BackupId.optional() });
