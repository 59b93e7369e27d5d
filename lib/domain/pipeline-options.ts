import { z } from "zod";

/** What the pipeline is told of a source, in the plan and in the input of its task. */
export const PipelineOptions = z.strictObject({
  compression: z
    .int()
    .min(1)
    .max(19)
    .default(3)
    .describe("The level of zstd: 1 is fast, 19 is small, slow and hungry for memory."),
});
export type PipelineOptions = z.infer<typeof PipelineOptions>;
