import { describe, expect, it } from "vitest";
import { planBackup } from "#app/plan-backup.ts";
import { InputInvalid } from "#domain/errors.ts";
import { RestoreId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import { TaskInput } from "#domain/task-input.ts";
import { safetySources } from "#engines/descriptions.ts";
import { aPlan, layout, memoryWorld } from "../support/memory-world.ts";

const scheduledTime = "2026-02-23T02:00:00Z";
const execution = (name: string) => ({ id: `arn:${name}`, startTime: "2026-02-23T02:00:03.123Z" });
const planner = (world = memoryWorld()) => planBackup({ ...world.ports, plan: aPlan, escrow: null, safetySources });

describe("planning a backup", () => {
  it("IS-9 names the run after its scheduled instant and stores a task input per source, without any secret", async () => {
    const world = memoryWorld();

    const planned = await planner(world)({ input: { backup: "nightly", scheduledTime }, execution: execution("one") });

    expect(planned).toMatchObject({
      claimed: true,
      backupId: "2026-02-23-020000-nightly",
      sourceIds: ["app-db", "sessions"],
    });
    const stored = world.objects.get(layout.taskInput(planned.backupId, "app-db")) ?? new Uint8Array();
    expect(parseJson(stored, TaskInput, "task")).toMatchObject({
      verb: "capture",
      engine: "postgresql",
      section: { secret: "arn:app" },
    });
  });

  it("O13 gives the machine the key of a task's input, which is larger than a state may be, and not the input", async () => {
    const world = memoryWorld();
    const databases = Array.from({ length: 20_000 }, (_, number) => `tenant_${number}`);
    const sources = { ...aPlan.sources, "app-db": { ...aPlan.sources["app-db"], databases } } as typeof aPlan.sources;
    const plan = planBackup({ ...world.ports, plan: { ...aPlan, sources }, escrow: null, safetySources });

    const planned = await plan({ input: { backup: "nightly", scheduledTime }, execution: execution("one") });

    const stored = world.objects.get(layout.taskInput(planned.backupId, "app-db")) ?? new Uint8Array();
    expect(stored.length).toBeGreaterThan(256 * 1024);
    expect(parseJson(stored, TaskInput, "task")).toMatchObject({ section: { databases } });
    expect(JSON.stringify(planned).length).toBeLessThan(1_024);
  });

  it("O3 lets one of twenty starts of the same instant work and leaves the others nothing to do", async () => {
    const world = memoryWorld();
    const plan = planner(world);

    const planned = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        plan({ input: { backup: "nightly", scheduledTime }, execution: execution(`run-${index}`) }),
      ),
    );

    expect(planned.filter(({ claimed }) => claimed)).toHaveLength(1);
  });

  it("claims again for a retry of the same execution", async () => {
    const plan = planner();
    const input = { input: { backup: "nightly", scheduledTime }, execution: execution("one") };
    await plan(input);

    expect((await plan(input)).claimed).toBe(true);
  });

  it("AS-26 IS-6 gives two runs by hand of the same second different ids", async () => {
    const plan = planner();

    const [one, two] = await Promise.all(
      ["one", "two"].map((name) => plan({ input: { backup: "nightly" }, execution: execution(name) })),
    );

    expect(one?.backupId).toMatch(/^2026-02-23-020003-manual-[0-9a-f]{4}$/);
    expect(two?.backupId).not.toBe(one?.backupId);
  });

  it("captures before a restore exactly what the target holds, under the name of the source that lives there", async () => {
    const world = memoryWorld();
    const safetyFor = RestoreId.parse("2026-02-23-134207-k3x9");

    const planned = await planner(world)({
      input: { safetyFor, target: "app-db-live", holds: ["app"] },
      execution: execution("one"),
    });

    expect(planned.backupId).toBe("2026-02-23-020003-safety-2026-02-23-134207-k3x9");
    expect(planned.sourceIds).toEqual(["app-db"]);
    const stored = world.objects.get(layout.taskInput(planned.backupId, "app-db")) ?? new Uint8Array();
    expect(parseJson(stored, TaskInput, "task")).toMatchObject({
      section: { secret: "arn:app", databases: ["app"] },
      pipeline: { compression: 6 },
    });
  });

  it("captures before a restore as the plan captures that source: with its jobs, its split and its patience", async () => {
    const world = memoryWorld();
    const how = { jobs: 8, splitAbove: "50GiB", lockTimeoutSeconds: 5 };
    const sources = {
      ...aPlan.sources,
      "app-db": { engine: "postgresql", restoreTo: "staging-db", compression: 3, ...how },
    };
    const safetyFor = RestoreId.parse("2026-02-23-134207-k3x9");

    const { backupId } = await planBackup({ ...world.ports, plan: { ...aPlan, sources }, escrow: null, safetySources })(
      {
        input: { safetyFor, target: "app-db-live", holds: ["app"] },
        execution: execution("one"),
      },
    );

    const stored = world.objects.get(layout.taskInput(backupId, "app-db")) ?? new Uint8Array();
    expect(parseJson(stored, TaskInput, "task")).toMatchObject({ section: { ...how, databases: ["app"] } });
  });

  it("AS-27 tells the pipeline how hard to compress and how fast to read, and the engine nothing that is not its own", async () => {
    const world = memoryWorld();

    const { backupId } = await planner(world)({
      input: { backup: "nightly", scheduledTime },
      execution: execution("one"),
    });

    const stored = world.objects.get(layout.taskInput(backupId, "app-db")) ?? new Uint8Array();
    expect(parseJson(stored, TaskInput, "task")).toMatchObject({
      pipeline: { compression: 6, bandwidthLimit: "100MB/s" },
      section: { secret: "arn:app", connection: { host: "db", port: 5432 }, databases: ["app"] },
    });
    expect(new TextDecoder().decode(stored)).not.toContain("restoreTo");
    expect(new TextDecoder().decode(stored).match(/compression|bandwidthLimit/g)).toHaveLength(2);
  });

  it("refuses a backup or sources that the plan does not have, and claims nothing", async () => {
    const world = memoryWorld();

    await expect(planner(world)({ input: { backup: "hourly" }, execution: execution("one") })).rejects.toThrow(
      InputInvalid,
    );
    await expect(
      planner(world)({ input: { backup: "nightly", sources: ["orders"] }, execution: execution("one") }),
    ).rejects.toThrow('sources: "orders" is none of app-db, sessions');
    expect(world.objects.size).toBe(0);
  });
});
