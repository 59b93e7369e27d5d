import { describe, expect, it } from "vitest";
import { auditLog } from "#app/audit-log.ts";
import { leaseTarget } from "#app/lease-target.ts";
import { planDrop } from "#app/plan-drop.ts";
import { recordDrops } from "#app/record-drops.ts";
import { rollbackRestore } from "#app/rollback-restore.ts";
import { createSigned } from "#app/signed-objects.ts";
import type { DroppedState, Evidence, Rollback } from "#domain/evidence.ts";
import { RestoreId } from "#domain/ids.ts";
import { swapKeepsOldState } from "#engines/descriptions.ts";
import { DropRequested } from "#events/drop-requested.ts";
import { aBackup, aPlan, layout, type MemoryWorld, memoryWorld } from "../support/memory-world.ts";

const id = (suffix: string) => RestoreId.parse(`2026-02-10-134207-${suffix}`);
const kept = [{ what: 'database "app" as it was before', drop: "DROP DATABASE x;" }];
const days = (count: number) => new Date(Date.parse("2026-02-23T03:00:00Z") - count * 86_400_000).toISOString(); // before the world's now

const evidence = (restoreId: RestoreId, more: Partial<Evidence> = {}): Evidence => ({
  schema: 1,
  restoreId,
  source: "app-db",
  target: "staging-db",
  backupId: aBackup,
  recoveredTo: days(20),
  requestedBy: { claimed: null, execution: "arn:execution" },
  safetyBackupId: null,
  noSafetyBecause: null,
  startedAt: days(8),
  finishedAt: days(8),
  phases: { load: 1 },
  factsCompared: 10,
  putThere: [{ name: "app", mark: "m" }],
  kept,
  notes: [],
  ...more,
});
const rolledBack = (restoreId: RestoreId, finishedAt: string): Rollback => ({
  schema: 1,
  restoreId,
  source: "app-db",
  target: "staging-db",
  requestedBy: { claimed: null, call: "1" },
  finishedAt,
  kept,
  notes: [],
});
const dropped = (restoreId: RestoreId): DroppedState => ({
  schema: 1,
  restoreId,
  source: "app-db",
  target: "staging-db",
  keptFor: "7d",
  finishedAt: "2026-02-17T05:20:11.000Z",
  dropped: [`database "holdfast_old_${restoreId}_1"`],
});
const sign = ({ ports }: MemoryWorld, key: string, body: object) =>
  createSigned(ports, key, (hash) => layout.proofSignature(key, hash), JSON.stringify(body));

async function worldOf(...all: Evidence[]) {
  const world = memoryWorld();
  for (const one of all) await sign(world, layout.evidence(one.restoreId), one);
  return world;
}
async function planned(world: MemoryWorld, input: DropRequested = {}) {
  const plan = planDrop({ ...world.ports, plan: aPlan });
  const execution = { id: "arn:one", name: "one", startTime: world.ports.clock().toISOString() };
  const { runId, drops } = await plan({ input, execution });
  return { runId, drops, asked: drops.map(({ taskInputKey }) => taskInputKey.split("/").at(-1)?.split(".")[0]) };
}

describe("what restores have kept", () => {
  it("GL-11: is dropped when the target's keepOldState is over, counted from the restore or from its rollback", async () => {
    const world = await worldOf(
      evidence(id("olds")),
      evidence(id("newr"), { finishedAt: days(6) }),
      evidence(id("back")),
      evidence(id("none"), { kept: [] }),
      evidence(id("away"), { target: "not-in-the-plan" }),
      evidence(id("done")),
    );
    await sign(world, layout.rollback(id("back")), rolledBack(id("back"), days(2)));
    await sign(world, layout.dropped(id("done")), dropped(id("done")));

    const { asked, drops } = await planned(world);

    expect(asked).toEqual([id("olds")]);
    expect(JSON.parse(new TextDecoder().decode(world.objects.get(drops[0]?.taskInputKey ?? "")))).toEqual({
      verb: "drop",
      runId: "drop-one",
      task: id("olds"),
      source: "app-db",
      engine: "postgresql",
      restoreId: id("olds"),
      target: "staging-db",
      section: { secret: "arn:staging", connection: { host: "staging", port: 5432 } },
      keptFor: "7d",
    });
  });

  it("is dropped by hand at one target, whatever its age, and nowhere else", async () => {
    const world = await worldOf(
      evidence(id("newr"), { finishedAt: days(0) }),
      evidence(id("live"), { target: "app-db-live" }),
    );

    expect((await planned(world, { target: "staging-db", olderThan: "0m" })).asked).toEqual([id("newr")]);
    expect((await planned(world, { target: "staging-db", olderThan: "1h" })).asked).toEqual([]);
    await expect(planned(world, { target: "staging" })).rejects.toThrow('there is no target "staging"');
    expect(DropRequested.safeParse({ olderThan: "0m" }).error?.issues[0]?.path).toEqual(["target"]);
  });

  it("stays while a restore into the same target runs, which it may have been started for without naming it", async () => {
    const world = await worldOf(evidence(id("stag")), evidence(id("live"), { target: "app-db-live" }));

    await leaseTarget(world.ports, "staging-db", { executionArn: "arn:one", restoreId: id("stag") });
    await leaseTarget(world.ports, "app-db-live", { executionArn: "arn:other", restoreId: id("live") });
    world.running.add("arn:one");
    expect((await planned(world)).asked).toEqual([id("live")]);
    world.running.clear();
    world.running.add("arn:other");
    expect((await planned(world)).asked).toEqual([id("stag")]);
  });

  it("N7: is dropped by no evidence that we have not signed, and is not taken for dropped by any other's word", async () => {
    const world = await worldOf(evidence(id("ours")));
    world.objects.set(layout.evidence(id("forg")), new TextEncoder().encode(JSON.stringify(evidence(id("forg")))));
    world.objects.set(layout.dropped(id("ours")), new TextEncoder().encode(JSON.stringify(dropped(id("ours")))));

    const { asked } = await planned(world);

    expect(asked).toEqual([id("ours")]);
  });
});

describe("a drop that has ended", () => {
  const outcome = (restoreId: RestoreId) => ({
    succeeded: true,
    task: restoreId,
    attempt: 0,
    finishedAt: "2026-02-23T05:20:11.000Z",
    dropped: [`database "holdfast_old_${restoreId}_1"`],
  });

  it("is recorded, signed, once its task has left an outcome; the others fail the run and are found again", async () => {
    const world = await worldOf(evidence(id("good")), evidence(id("lies")), evidence(id("dead")));
    const { runId, drops } = await planned(world);
    await world.ports.repository.create(layout.outcome(runId, id("good"), 0), JSON.stringify(outcome(id("good"))));
    const ends = drops.map((drop) => ({
      ...drop,
      task: { exitCodes: drop.taskInputKey.includes("dead") ? [1] : [0] },
    }));

    const recorded = await recordDrops(world.ports)({ runId, ends });

    expect(recorded.outcome).toBe("FAILED");
    expect(recorded.problems.split("\n")).toEqual([
      expect.stringMatching(/^app-db: what the restore .*dead has kept in staging-db was not dropped: .*exit code 1/),
      expect.stringMatching(/^app-db: what the restore .*lies has kept .*it exited 0 but left no outcome/),
    ]);
    expect((await planned(world)).asked).toEqual([id("dead"), id("lies")]);
    expect(
      await recordDrops(world.ports)({ runId, ends: ends.filter(({ taskInputKey }) => taskInputKey.includes("good")) }),
    ).toEqual({ outcome: "DROPPED", problems: "" });
  });

  it("GL-11: makes a rollback answer by name, with the time and the way to the safety point, and run no task", async () => {
    const world = await worldOf(evidence(id("gone"), { noSafetyBecause: "the target was broken" }));
    await sign(world, layout.dropped(id("gone")), dropped(id("gone")));
    const rollback = rollbackRestore({
      ...world.ports,
      audit: auditLog(world.ports),
      plan: aPlan,
      restoreTask: "arn:restore",
      swapKeepsOldState,
      tasks: { run: () => Promise.reject(new Error("nothing is to be run")) },
    });

    const { verdict, next } = await rollback({ restoreId: id("gone"), confirm: "staging-db" }, "1");

    expect(verdict).toContain("NothingToRollBack: the old state was dropped at 2026-02-17T05:20:11.000Z, after the 7d");
    expect(next).toContain("the target was broken");
  });
});
