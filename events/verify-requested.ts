import { z } from "zod";
import { BackupId } from "#domain/ids.ts";

/** The input of the `verify` machine: by hand `{ backupId }`; `check-backup` adds what it found wrong, by source. */
export const VerifyRequested = z.strictObject({
  backupId: BackupId,
  wrong: z.record(z.string(), z.array(z.string()).min(1)).optional(),
});
export type VerifyRequested = z.infer<typeof VerifyRequested>;
