import { describe, expect, it } from "vitest";
import { leaseTarget } from "#app/lease-target.ts";
import { startRestore } from "#app/start-restore.ts";
import { claimSwap } from "#app/swap-or-cancel.ts";
import { TargetBusy } from "#domain/errors.ts";
import { restoreIdOf } from "#domain/ids.ts";
import { RestoreRequested } from "#events/restore-requested.ts";
import { layout, type MemoryWorld, memoryWorld } from "../support/memory-world.ts";

const lease = (world: MemoryWorld, executionArn: string, target = "staging-db") =>
  leaseTarget(world.ports, target, { executionArn, restoreId: restoreOf(executionArn) });
const restoreOf = (executionArn: string) => restoreIdOf(executionArn, new Date("2026-02-23T13:42:07Z"));

describe("the lease of a target", () => {
  it("X9 belongs to one running execution, whose retries still have it, and no other target is kept from anybody", async () => {
    const world = memoryWorld();
    world.running.add("arn:first").add("arn:second");

    await lease(world, "arn:first");
    await lease(world, "arn:first");
    await lease(world, "arn:second", "staging-redis");

    await expect(lease(world, "arn:second")).rejects.toThrow(TargetBusy);
    await expect(lease(world, "arn:second")).rejects.toThrow("staging-db is being restored by arn:first; nothing was");
  });

  it("X9 ends with its execution: a dead restore keeps nobody out, and nothing is written over", async () => {
    const world = memoryWorld();
    for (const number of [1, 2, 10, 9]) world.objects.set(layout.lease("staging-db", number), heldBy(`arn:${number}`));
    world.running.add("arn:9");

    await lease(world, "arn:next");

    expect(new TextDecoder().decode(world.objects.get(layout.lease("staging-db", 11)))).toContain("arn:next");
  });

  it("O4 refuses the swap of a zombie, whose execution has ended and whose target another restore has taken over", async () => {
    const world = memoryWorld();
    await lease(world, "arn:zombie");
    await lease(world, "arn:next");

    await expect(claimSwap(world.ports, restoreOf("arn:zombie"))).rejects.toThrow("another restore has taken over");
    await claimSwap(world.ports, restoreOf("arn:next"));
  });

  it("O4 keeps nobody out of a target into which the last restore was swapped, or was about to be", async () => {
    const world = memoryWorld();
    await lease(world, "arn:first");
    await claimSwap(world.ports, restoreOf("arn:first"));

    await lease(world, "arn:next");

    await claimSwap(world.ports, restoreOf("arn:next"));
    await claimSwap(world.ports, restoreOf("arn:first")); // a retry of what was decided then
  });

  it("X9 N10 is had by one of a thousand that want it at once", async () => {
    const world = memoryWorld();
    const all = Array.from({ length: 1_000 }, (_, index) => `arn:${index}`);
    for (const arn of all) world.running.add(arn);

    const ended = await Promise.allSettled(all.map((arn) => lease(world, arn)));

    expect(ended.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("X9 N10 lets start-restore start nothing while a restore is at work in the target, says which, and starts nothing twice for one call", async () => {
    const world = memoryWorld();
    const start = startRestore({ ...world.ports, machine: "arn:machine", machineForAll: "arn:all" });
    const request = RestoreRequested.parse({ source: "app-db" });
    await lease(world, "arn:first");
    world.running.add("arn:first");

    const refused = await start(request, "call-1");
    world.running.clear();
    const started = await start(request, "call-2");
    const again = await start(request, "call-2");

    expect(refused).toMatchObject({
      verdict: "Nothing was started: another restore is at work in staging-db",
      figures: { executionArn: "arn:first" },
    });
    expect(started.verdict).toBe("The restore of app-db into staging-db has been started");
    expect(again).toEqual(started);
    expect(world.started).toHaveLength(1);
  });
});

const heldBy = (holder: string) => new TextEncoder().encode(JSON.stringify({ holder }));
