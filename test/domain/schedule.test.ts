import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Cron, eventBridgeCron, longestIntervalMs } from "#domain/schedule.ts";

const HOUR = 3_600_000;

describe("schedules", () => {
  it.each([
    ["0 2 * * *", "cron(0 2 * * ? *)"],
    ["0 */6 * * *", "cron(0 0,6,12,18 * * ? *)"],
    ["30 3 * * 0", "cron(30 3 ? * 1 *)"],
    ["30 3 * * 7", "cron(30 3 ? * 1 *)"],
    ["0 1 * * 1-5", "cron(0 1 ? * 2,3,4,5,6 *)"],
    ["0 3 1 * *", "cron(0 3 1 * ? *)"],
  ])("writes %s for EventBridge as %s", (cron, expected) => {
    expect(eventBridgeCron(cron)).toBe(expected);
  });

  it.each([
    ["0 2 * * *", 24 * HOUR],
    ["0 */6 * * *", 6 * HOUR],
    ["0 3 1 * *", 31 * 24 * HOUR],
    ["0 1 * * 1-5", 3 * 24 * HOUR],
    ["*/5 * * * *", HOUR / 12],
  ])("knows the longest time between two runs of %s", (cron, expected) => {
    expect(longestIntervalMs(cron)).toBe(expected);
  });

  it.each(["0 2 * *", "@daily", "61 * * * *", "0 2 31 2 *", "0 2 1 * 1", "0 0 2 * * *", "H 2 * * *", ""])(
    "refuses %j",
    (cron) => {
      expect(Cron.safeParse(cron).success).toBe(false);
    },
  );

  it("accepts or refuses any text, and never throws", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof Cron.safeParse(text).success === "boolean"));
  });
});
