import { CronExpressionParser } from "cron-parser";
import { z } from "zod";

/** Five cron fields in UTC, with numbers only: `0 2 * * *`. */
export const Cron = z
  .string()
  .regex(/^[\d*,/-]+( [\d*,/-]+){4}$/, {
    abort: true,
    error: "must be five cron fields in UTC: minute hour day month weekday, as in 0 2 * * *",
  })
  .superRefine((text, context) => {
    const problem = problemWith(text);
    if (problem) context.addIssue({ code: "custom", message: problem });
  });

function problemWith(text: string): string | undefined {
  try {
    const { dayOfMonth, dayOfWeek } = CronExpressionParser.parse(text, { tz: "UTC" }).fields;
    if (!dayOfMonth.isWildcard && !dayOfWeek.isWildcard)
      return "can restrict the day or the weekday, not both (EventBridge can't express both)";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}

/**
 * The same schedule for EventBridge Scheduler: `cron(0 2 * * ? *)`. Its weekdays begin with 1 for Sunday
 * (https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html).
 */
export function eventBridgeCron(cron: string): string {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = CronExpressionParser.parse(cron, { tz: "UTC" }).fields;
  const list = (field: { isWildcard: boolean; values: readonly (number | string)[] }) =>
    field.isWildcard ? "*" : field.values.join(",");
  const weekdays = [...new Set(dayOfWeek.values.map((day) => (Number(day) % 7) + 1))].toSorted((a, b) => a - b);
  const days = dayOfWeek.isWildcard ? [list(dayOfMonth), "?"] : ["?", weekdays.join(",")];
  return `cron(${list(minute)} ${list(hour)} ${days[0]} ${list(month)} ${days[1]} *)`;
}

const ANY_DAY = new Date("2027-01-01T00:00:00Z");
const YEAR_AND_A_MONTH_MS = 400 * 24 * 3600 * 1000;

/** The longest time between two runs, in milliseconds, over a year and a month. */
export function longestIntervalMs(cron: string): number {
  const runs = CronExpressionParser.parse(cron, { tz: "UTC", currentDate: ANY_DAY });
  let previous = runs.next().getTime();
  let longest = 0;
  for (let count = 0; count < 2_000 && previous - ANY_DAY.getTime() < YEAR_AND_A_MONTH_MS; count++) {
    const next = runs.next().getTime();
    longest = Math.max(longest, next - previous);
    previous = next;
  }
  return longest;
}

/** The next `count` runs after `now`. */
export function nextRuns(cron: string, now: Date, count: number): Date[] {
  const runs = CronExpressionParser.parse(cron, { tz: "UTC", currentDate: now });
  return Array.from({ length: count }, () => runs.next().toDate());
}

const DAY_MS = 24 * 3600 * 1000;
const FOUR_YEARS_OF_DAYS = 1461;
const FOUR_YEARS_OF_MONTHS = 48;

/** How often it runs in a month, on the average of four years. Counted by its days: there may be half a million runs. */
export function runsPerMonth(cron: string): number {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = CronExpressionParser.parse(cron, { tz: "UTC" }).fields;
  const has = (field: { values: readonly (number | string)[] }, value: number) => field.values.includes(value);
  const days = Array.from({ length: FOUR_YEARS_OF_DAYS }, (_, day) => new Date(ANY_DAY.getTime() + day * DAY_MS));
  const itsDays = days.filter(
    (day) => has(month, day.getUTCMonth() + 1) && has(dayOfMonth, day.getUTCDate()) && has(dayOfWeek, day.getUTCDay()),
  );
  return (itsDays.length * new Set(hour.values).size * new Set(minute.values).size) / FOUR_YEARS_OF_MONTHS;
}
