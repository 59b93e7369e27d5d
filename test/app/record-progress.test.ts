import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { recordProgress } from "#app/record-progress.ts";
import { Progress } from "#domain/progress.ts";
import { memoryWorld } from "../support/memory-world.ts";

beforeEach(() => void vi.useFakeTimers({ now: new Date("2026-02-23T03:00:00Z") }));
afterEach(() => void vi.useRealTimers());

/** Loads at one pace: all of it in four minutes. */
function loading() {
  const world = memoryWorld();
  const begun = Date.now();
  const meter = { bytes: () => Math.min(240, Math.round((Date.now() - begun) / 1_000)), totalBytes: 240 };
  const ports = { ...world.ports, clock: () => new Date() };
  const progress = recordProgress(ports, { runId: "run", task: "app-db", attempt: 0 }, meter);
  const notes = () =>
    [...world.objects.values()].map((body) => Progress.parse(JSON.parse(new TextDecoder().decode(body))));
  return { world, progress, notes };
}

it("notes percent and the foretold end every ten seconds at first, and less often as time goes by", async () => {
  const { progress, notes } = loading();

  progress.enter("load");
  await vi.advanceTimersByTimeAsync(120_000);
  const half = notes();
  await vi.advanceTimersByTimeAsync(24 * 3_600_000);
  await progress.stop();

  expect(half.map(({ percent }) => percent)).toEqual([0, 4, 8, 12, 16, 20, 25, 29, 33, 37, 41, 45, 50]);
  expect(half.at(-1)).toMatchObject({ loadedAt: "2026-02-23T03:04:00.000Z", at: "2026-02-23T03:02:00.000Z" });
  expect(notes().at(-1)).toMatchObject({ percent: 99 });
  expect(notes().length).toBeLessThan(160);
});

it("tells the log how much of the load is left, and nothing of it any more in the phases after it", async () => {
  const { world, progress } = loading();

  progress.enter("load");
  await vi.advanceTimersByTimeAsync(6_500);
  progress.enter("compare");
  await vi.advanceTimersByTimeAsync(30_000);
  await progress.stop();

  expect(world.lines).toEqual([
    "restore app-db: load, 0 %",
    "load app-db: 1 % (3 B of 240 B), 3m 57s to go, 1 B/s",
    "load app-db: 2 % (6 B of 240 B), 3m 54s to go, 1 B/s",
    "restore app-db: compare",
  ]);
});

it("stops for good: nothing is written down after the end", async () => {
  const { progress, notes } = loading();

  progress.enter("load");
  await progress.stop();
  await vi.advanceTimersByTimeAsync(600_000);

  expect(notes()).toHaveLength(1);
});
