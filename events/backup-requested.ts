import { z } from "zod";
import { Name, RestoreId } from "#domain/ids.ts";

/**
 * The input of the `backup` machine: by the schedule (`backup` and the scheduled instant), by hand (`backup` alone, or
 * some of its `sources`), or before a restore (`safetyFor`): then it captures what the target holds.
 */
export const BackupRequested = z.union(
  [
    z.strictObject({
      backup: Name,
      scheduledTime: z.iso.datetime().optional(),
      sources: z.array(Name).min(1).optional(),
    }),
    z.strictObject({ safetyFor: RestoreId, target: Name, holds: z.array(z.string()).min(1) }),
  ],
  { error: "must be { backup, scheduledTime?, sources? } or { safetyFor, target, holds }" },
);
export type BackupRequested = z.infer<typeof BackupRequested>;

/** What every machine hands to its first state: its input and which execution it is. */
export const inExecution = <T extends z.ZodType>(input: T) =>
  z.strictObject({
    input,
    execution: z.strictObject({ id: z.string(), name: z.string(), startTime: z.iso.datetime() }),
  });
