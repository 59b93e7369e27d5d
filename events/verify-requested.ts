import { z } from "zod";
import { BackupId } from "#domain/ids.ts";

/** The input of the `verify` machine: by hand `{ backupId }`; `check-backup` adds what it found wrong, by source. */
export const VerifyRequested = z.strictObject({
  backupId: BackupId,
  /** Reads points that are verified already once more: for whoever doubts the stored bytes. */
  again: z.boolean().optional(),
  wrong: z.record(z.string(), z.array(z.string()).min(1)).optional(),
});
export type VerifyRequested = z.infer<typeof VerifyRequested>;
