import { z } from "zod";

/** What the pipeline is told of a source, in the plan and in the input of its task. */
export const PipelineOptions = z.strictObject({
  compression: z
    .int()
    .min(1)
    .max(19)
    .default(3)
    .describe("The level of zstd: 1 is fast, 19 is small, slow and hungry for memory."),
  bandwidthLimit: z
    .string()
    .regex(/^[1-9]\d{0,4}[MG]B\/s$/, "must be a number of MB/s or GB/s, as in 100MB/s")
    .optional()
    .describe("The most that is read from the source, all its streams together: 100MB/s."),
});
export type PipelineOptions = z.infer<typeof PipelineOptions>;

/** 100,000,000 of `100MB/s`. */
export const bytesPerSecond = (limit: string) => Number.parseInt(limit, 10) * (limit.includes("G") ? 1e9 : 1e6);
