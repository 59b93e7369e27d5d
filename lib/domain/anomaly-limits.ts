import { z } from "zod";
import { Name } from "./ids.ts";

/** How far a point may be from what is usual for its source. All in percent of that. */
export const AnomalyLimits = z.strictObject({
  shrink: z
    .int()
    .min(1)
    .max(100)
    .default(50)
    .describe("How much smaller a point may be: stored bytes, and rows, keys or files. 100: by as much as it likes."),
  grow: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(200)
    .describe("How much larger a point may be, in stored bytes: 200 is three times what is usual."),
  density: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(50)
    .describe("How much worse it may compress: encrypted data does not compress at all."),
  schema: z
    .enum(["may-change", "is-fixed"])
    .default("may-change")
    .describe("`is-fixed`: a point whose schema is another one than before is suspicious."),
});
export type AnomalyLimits = z.infer<typeof AnomalyLimits>;

export const Anomalies = z.strictObject({
  default: AnomalyLimits.prefault({}).describe("For every source that has no limits of its own."),
  sources: z.record(Name, AnomalyLimits).default({}).describe("Limits of its own, under the source's name."),
});
export type Anomalies = z.infer<typeof Anomalies>;

const USUAL = AnomalyLimits.parse({});

export const limitsOf = ({ anomalies }: { anomalies?: Anomalies }, source: string): AnomalyLimits =>
  anomalies?.sources[source] ?? anomalies?.default ?? USUAL;
