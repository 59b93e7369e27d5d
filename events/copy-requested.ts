import { z } from "zod";
import { BackupId, Name } from "#domain/ids.ts";

/**
 * The input of the `copy` machine. `PointVerified` starts it for that point; `{}`, as the schedule does every day, copies what
 * is missing.
 */
export const CopyRequested = z
  .strictObject({
    backupId: BackupId.optional(),
    source: Name.optional(),
    /** One copy of the plan, by its name. */
    to: Name.optional(),
    /** Also what a proof says to be there: looks whether it still is, and completes it. */
    again: z.boolean().default(false),
    /** Every byte is read back, whatever the plan says. */
    deep: z.boolean().default(false),
  })
  .refine(({ backupId, again }) => !again || backupId !== undefined, {
    path: ["backupId"],
    message: "again needs the backup",
  });
export type CopyRequested = z.output<typeof CopyRequested>;

const WantedCopy = z.strictObject({ backupId: BackupId, source: z.string(), to: z.string(), deep: z.boolean() });
/** What CopyPoint is told. */
export const CopyState = WantedCopy;

/** What ReadBack is told: what has become of each copy, and how far it was when its time was over. */
export const ReadBackState = z.strictObject({
  runId: z.string(),
  copies: z.array(
    z.looseObject({
      ...WantedCopy.shape,
      failure: z.looseObject({ Error: z.string(), Cause: z.string().optional() }).optional(),
    }),
  ),
  readBack: z.strictObject({
    outcome: z.enum(["COPIED", "FAILED", "UNFINISHED"]),
    copy: z.int(),
    part: z.int(),
    problems: z.string(),
  }),
});
