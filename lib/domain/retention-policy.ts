import { z } from "zod";
import { Name } from "./ids.ts";
import { Cron } from "./schedule.ts";

const periods = (one: string, many: string) =>
  z
    .int()
    .min(1)
    .max(1_000)
    .optional()
    .describe(`The first verified point of each of the newest ${many} that have one: one point per ${one}.`);

/** How long the points of one source are kept. What one rule keeps is kept, whatever the others say. */
export const RetentionPolicy = z.strictObject({
  days: z.int().min(1).max(36_500).describe("Every point that is younger is kept, verified or not."),
  count: z
    .int()
    .min(2)
    .max(1_000)
    .default(2)
    .describe("The newest verified points that are kept whatever their age. Never fewer than 2."),
  hourly: periods("hour", "hours"),
  daily: periods("day", "days"),
  weekly: periods("week, from Monday on", "weeks"),
  monthly: periods("month", "months"),
  yearly: periods("year", "years"),
});
export type RetentionPolicy = z.infer<typeof RetentionPolicy>;

export const Retention = z.strictObject({
  schedule: Cron.describe("When the sweep runs that lets points go: five cron fields in UTC."),
  default: RetentionPolicy.describe("For every source that has no policy of its own."),
  sources: z.record(Name, RetentionPolicy).default({}).describe("A policy of its own, under the source's name."),
});
export type Retention = z.infer<typeof Retention>;

/** How long a copy keeps its points: its own policies, swept at the times of `retention`. */
export const CopyRetention = Retention.omit({ schedule: true });
export type CopyRetention = z.infer<typeof CopyRetention>;

const HOUR_MS = 3600 * 1000;
const DAY_MS = 24 * HOUR_MS;

/** From the shortest to the longest. `lengthMs` is the shortest that such a period can be. */
export const PERIODS = [
  { rule: "hourly", noun: "hour", lengthMs: HOUR_MS },
  { rule: "daily", noun: "day", lengthMs: DAY_MS },
  { rule: "weekly", noun: "week of", lengthMs: 7 * DAY_MS },
  { rule: "monthly", noun: "month", lengthMs: 28 * DAY_MS },
  { rule: "yearly", noun: "year", lengthMs: 365 * DAY_MS },
] as const;
export type PeriodRule = (typeof PERIODS)[number]["rule"];
