import { z } from "zod";
import { Name } from "#domain/ids.ts";
import { TaskEnd } from "#domain/task-input.ts";
import { BreakGlass } from "./restore-requested.ts";

/**
 * The input of the `drop` machine: `{}` by its schedule. By hand, `{ "target": "staging-db", "olderThan": "1h" }` drops at one
 * target what is older than that, whatever the plan says; `0m` is everything that was kept there. Sooner than the plan does, it
 * waits for a second person where the target asks for one.
 */
export const DropRequested = z
  .strictObject({
    target: Name.optional(),
    olderThan: z
      .string()
      .regex(/^\d{1,5}[mhd]$/, "must be a number of m, h or d, as in 24h")
      .optional(),
    because: z.string().min(3).max(500).optional(),
    /** Who asks. Written down as claimed: nothing here proves it. */
    requestedBy: z.string().min(1).max(200).optional(),
    /** Does not wait for a second person where the target asks for one. */
    breakGlass: BreakGlass.optional(),
  })
  .refine(({ target, olderThan }) => olderThan === undefined || target !== undefined, {
    path: ["target"],
    message: "olderThan is for one target: name it",
  });
export type DropRequested = z.infer<typeof DropRequested>;

/** How the task of one restore ended. */
export const DropEnd = TaskEnd.extend({ taskInputKey: z.string() });
export type DropEnd = z.input<typeof DropEnd>;
