import { z } from "zod";

/** The input of the `retention` machine: the schedule and people start it with `{}`. What a state is told: which sweep it is. */
export const SweepState = z.strictObject({
  execution: z.strictObject({ id: z.string(), startTime: z.iso.datetime() }),
});
