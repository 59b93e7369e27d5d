import { describe, expect, it } from "vitest";
import { forecast } from "#domain/forecast.ts";
import { pricesOf } from "#domain/prices.ts";
import { runsPerMonth } from "#domain/schedule.ts";
import { aBackup, aPlan } from "../support/memory-world.ts";

const now = new Date("2026-02-23T13:00:00Z");
const task = { vcpus: 1, memoryGb: 2 };
const prices = pricesOf("us-east-1", "X86_64");
const measured = { backupId: aBackup, storedBytes: 2 ** 30, captureSeconds: 600 };

describe("what a plan will come to", () => {
  it.each([
    ["0 2 * * *", 30.4375],
    ["*/5 * * * *", 8766],
    ["0 0,12 * * *", 60.875],
    ["0 3 1 * *", 1],
    ["0 3 * * 7", 4.354],
    ["0 0 29 2 *", 0.0208],
  ])("counts the runs of %s in a month as %d", (cron, runs) => {
    expect(runsPerMonth(cron)).toBeCloseTo(runs, 3);
  });

  it("shows the next runs of all backups that a source is in, and the interval of the most frequent one", () => {
    const backups = {
      ...aPlan.backups,
      often: { schedule: "0 */12 * * *", sources: ["app-db"] },
      other: { schedule: "* * * * *", sources: ["sessions"] },
    };

    const found = forecast({ ...aPlan, backups }, "app-db", undefined, { now, task, prices });

    expect(found.nextRuns.map((run) => run.toISOString())).toEqual([
      "2026-02-24T00:00:00.000Z",
      "2026-02-24T02:00:00.000Z",
      "2026-02-24T12:00:00.000Z",
    ]);
    expect(found).toMatchObject({ engine: "postgresql", interval: "12h", rpo: "24h", runsPerMonth: 91.3125 });
    expect(found.estimate).toBeUndefined();
  });

  it("IS-21 costs what a month adds at the region's price of a GB of 2^30 bytes, and the task's seconds at Fargate's", () => {
    const { estimate } = forecast(aPlan, "app-db", measured, { now, task, prices });

    expect(estimate?.storedBytesPerMonth).toBe(30.4375 * 2 ** 30);
    expect(estimate?.cost?.storagePerMonth).toBeCloseTo(30.4375 * 0.023, 10);
    expect(estimate?.cost?.tasksPerMonth).toBeCloseTo(30.4375 * (600 / 3600) * (0.04048 + 2 * 0.004445), 10);
  });

  it("bills a capture of a few seconds as the minute that Fargate bills", () => {
    const cost = (captureSeconds: number) =>
      forecast(aPlan, "app-db", { ...measured, captureSeconds }, { now, task, prices }).estimate?.cost?.tasksPerMonth;

    expect(cost(3)).toBe(cost(60));
    expect(cost(61)).toBeGreaterThan(cost(60) ?? 0);
  });

  it("names no cost where the region's or the processor's prices are not known", () => {
    for (const [region, architecture] of [
      ["eu-north-9", "X86_64"],
      ["us-east-1", "RISC_V"],
    ] as const) {
      const { estimate } = forecast(aPlan, "app-db", measured, { now, task, prices: pricesOf(region, architecture) });

      expect(estimate?.storedBytesPerMonth).toBeGreaterThan(0);
      expect(estimate?.cost).toBeUndefined();
    }
  });
});
