import { z } from "zod";
import { BackupId, Name } from "#domain/ids.ts";

/** `repository`, or the copy of the plan that is swept. */
const where = Name.optional();

/** The input of the `retention` machine, which sweeps one place: the repository without `where`. */
export const RetentionRequested = z.strictObject({ where });
export type RetentionRequested = z.infer<typeof RetentionRequested>;

/** What a state is told: which sweep it is, and where. */
export const SweepState = RetentionRequested.extend({
  execution: z.strictObject({ id: z.string(), startTime: z.iso.datetime() }),
});
export type SweepState = z.infer<typeof SweepState>;

/** `backupId`: only the points of this backup, which were just verified, or copied. */
export const LockState = SweepState.extend({ backupId: BackupId.optional() });
export type LockState = z.infer<typeof LockState>;
