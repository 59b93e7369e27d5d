import { describe, expect, it } from "vitest";
import { announce } from "#app/announce.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { planRestoreAll } from "#app/plan-restore-all.ts";
import { planVerify } from "#app/plan-verify.ts";
import { recordProofs } from "#app/record-proofs.ts";
import { startRestore } from "#app/start-restore.ts";
import { RestoreAllRequested, RestoreByHand } from "#events/restore-requested.ts";
import { aBackup, aPlan, capture, layout, type MemoryWorld, memoryWorld } from "../support/memory-world.ts";

const order = { ...aPlan, backups: { nightly: { schedule: "0 2 * * *", sources: ["sessions", "app-db"] } } };

/** A backup of both sources of which some are verified. */
async function verified(sources: string[], captured = ["app-db", "sessions"]): Promise<MemoryWorld> {
  const world = memoryWorld();
  const captures = captured.map((source) =>
    capture(world, source, { engine: source === "sessions" ? "redis" : "postgresql" }),
  );
  await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db", "sessions"], captures });
  const planned = await planVerify(world.ports)({ input: { backupId: aBackup }, execution: { name: aBackup } });
  for (const task of sources) {
    const outcome = { succeeded: true, attempt: 0, finishedAt: "2026-02-23T02:45:00.000Z", task, quarantine: [] };
    const body = JSON.stringify({ ...outcome, bytesRead: 15 });
    await world.ports.repository.create(layout.outcome(planned.runId, task, 0), body);
  }
  const ends = sources.map((source) => ({ source, task: { exitCodes: [0] } }));
  await recordProofs(world.ports)({ ...planned, sources, verified: ends });
  return world;
}
const plan = (world: MemoryWorld, request: object) =>
  planRestoreAll({ ...world.ports, plan: order })({
    input: RestoreAllRequested.parse({ backupId: aBackup, ...request }),
    execution: { name: "by-hand-1" },
  });

describe("the restore of a whole backup", () => {
  it("GL-11 is one restore per source, in the order of the plan's backup, each with its own interlock", async () => {
    const world = await verified(["app-db", "sessions"]);

    const { restores, count, announcement } = await plan(world, {
      sources: "all",
      targets: { "app-db": "app-db-live" },
      confirm: ["app-db-live"],
      requestedBy: "ops",
    });

    const common = {
      backupId: aBackup,
      options: {},
      despite: [],
      safety: "before",
      retrieval: "Standard",
      requestedBy: "ops",
    };
    expect(restores.map(({ input }) => input)).toEqual([
      { source: "sessions", target: "staging-redis", ...common },
      { source: "app-db", target: "app-db-live", confirm: "app-db-live", ...common },
    ]);
    expect(count).toBe(2);
    expect(announcement.restored).toEqual([
      { source: "sessions", target: "staging-redis" },
      { source: "app-db", target: "app-db-live" },
    ]);
  });

  it("X2 begins nothing while a live target is not named, or a target is of another kind or unknown", async () => {
    const world = await verified(["app-db", "sessions"]);
    const live = { "app-db": "app-db-live" };

    await expect(plan(world, { sources: "all", targets: live })).rejects.toThrow(
      'app-db-live are live; nothing was touched. To replace them, add "confirm": ["app-db-live"]',
    );
    await expect(plan(world, { sources: "all", targets: { sessions: "staging-db" } })).rejects.toThrow(
      'targets.sessions: "staging-db" is postgresql, the source is redis',
    );
    await expect(plan(world, { sources: "all", targets: { sessions: "nowhere" } })).rejects.toThrow(
      "there is no target",
    );
    await expect(plan(world, { sources: ["sessions"], targets: live })).rejects.toThrow("targets.app-db: is none of");
  });

  it("X3 begins nothing when a source of the backup has no verified point, and takes those that are named", async () => {
    const world = await verified(["app-db"]);
    const partial = await verified(["app-db"], ["app-db"]);

    await expect(plan(world, { sources: "all" })).rejects.toThrow("sessions: is committed, not verified");
    await expect(plan(partial, { sources: "all" })).rejects.toThrow(/nothing was begun:\nsessions: TaskFailed/);
    expect((await plan(partial, { sources: ["app-db"] })).restores).toHaveLength(1);
  });

  it("is announced once when all are restored, and with what is left and the way to go on when one failed", async () => {
    const world = await verified(["app-db", "sessions"]);
    const request = { backupId: aBackup, sources: "all" };
    const { restores, announcement } = await plan(world, request);
    const execution = {
      executionArn: "arn:aws:states:us-east-1:0:execution:holdfast-test-restore-all:run-1",
      stateMachineArn: "arn:aws:states:us-east-1:0:stateMachine:holdfast-test-restore-all",
      ...{ name: "run-1", status: "FAILED" as const, error: "RestoreAllFailed", input: JSON.stringify(request) },
      cause: `${restores[1]?.ifItFails} {"Error":"States.TaskFailed"}`,
    };
    const happening = { type: "BackupRestored" as const, detail: { ...announcement, backupId: aBackup } };

    for (const requestId of ["1", "2"]) await announce(world.ports)({ happening, requestId });
    await announce(world.ports)({ execution, requestId: "3" });

    expect(world.told.map(({ code }) => code)).toEqual(["BackupRestored", "RestoreAllFailed"]);
    expect(world.told[0]?.happened).toEqual(["sessions into staging-redis.", "app-db into staging-db."]);
    expect(world.told[1]?.happened).toEqual(
      expect.arrayContaining([
        "app-db into staging-db failed; its own alarm says why.",
        "Restored: sessions into staging-redis.",
        "Not begun: nothing.",
      ]),
    );
    expect(world.told[1]?.next.command).toContain(
      `-f start-restore -d '${JSON.stringify({ backupId: aBackup, sources: ["app-db"] })}'`,
    );
  });

  it("is started by start-restore, which tells it by its sources from a restore of one, and lists every problem of either", async () => {
    const world = memoryWorld();
    const machines: string[] = [];
    const start = startRestore({
      ...world.ports,
      ...{ plan: aPlan, stage: "test", machine: "one", machineForAll: "all" },
      machines: {
        ...world.ports.machines,
        start: async (machine) => {
          machines.push(machine);
          return { executionArn: "arn", isNew: true };
        },
      },
    });

    await start(RestoreByHand.parse({ backupId: aBackup, sources: "all" }), "1");
    await start(RestoreByHand.parse({ backupId: aBackup, source: "app-db" }), "2");
    const wrong = RestoreByHand.safeParse({ backupId: "x", sources: "some", source: "app-db" });

    expect(machines).toEqual(["all", "one"]);
    expect(wrong.error?.issues.map(({ path }) => path.join("."))).toEqual(["backupId", "sources", ""]);
  });
});
