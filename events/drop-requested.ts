import { z } from "zod";
import { Name } from "#domain/ids.ts";
import { TaskEnd } from "#domain/task-input.ts";

/**
 * The input of the `drop` machine: `{}` by its schedule. By hand, `{ "target": "staging-db", "olderThan": "1h" }` drops at one
 * target what is older than that, whatever the plan says; `0m` is everything that was kept there.
 */
export const DropRequested = z
  .strictObject({
    target: Name.optional(),
    olderThan: z
      .string()
      .regex(/^\d{1,5}[mhd]$/, "must be a number of m, h or d, as in 24h")
      .optional(),
  })
  .refine(({ target, olderThan }) => olderThan === undefined || target !== undefined, {
    path: ["target"],
    message: "olderThan is for one target: name it",
  });
export type DropRequested = z.infer<typeof DropRequested>;

/** How the task of one restore ended. */
export const DropEnd = TaskEnd.extend({ taskInputKey: z.string() });
export type DropEnd = z.infer<typeof DropEnd>;
