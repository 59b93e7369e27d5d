import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { redis } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { expectNothingLost, takeInventory } from "./support/inventory.ts";
import { tampering } from "./support/tampering.ts";
import { openWorld, type World } from "./support/world.ts";

const Wrapped = z.looseObject({ wrapped: z.string(), kmsKey: z.string() });
const Answer = z.looseObject({
  figures: z.looseObject({ left: z.int(), problems: z.array(z.string()), proving: z.array(z.string()) }),
});

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await resetFleet(["staging-redis"]);
});
afterAll(() => world.client.clearMessages());

const wrappingOf = async (backupId: Parameters<World["manifest"]>[0], generation: number) => {
  const keyId = (await world.manifest(backupId)).components["sessions"]?.keyId ?? "";
  const key = world.layout.wrappedKey(keyId, generation);
  const bytes = await world.client.repository.read(key);
  return { key, ...(bytes ? Wrapped.parse(JSON.parse(new TextDecoder().decode(bytes))) : { wrapped: "none" }) };
};

it("AS-12 R9 rotates the wrapping key, wraps the old data keys by it, and restores an old point by that alone, and a new one", async () => {
  const old = await world.goodBackup(["sessions"]);
  const digest = await redis(world.stage, "sessions", "DEBUG", "DIGEST");
  const before = await takeInventory(world);

  const rotated = Answer.parse(
    await world.client.invoke("rotate-keys", { now: true, because: "a laptop was stolen", requestedBy: "the test" }),
  );
  const verified = await Promise.all(
    rotated.figures.proving.map(async (backupId) => {
      const runs = await world.client.executions("verify");
      const named = runs.find(({ name }) => name?.startsWith("rotated-") && name.endsWith(backupId));
      return world.client.ended(named?.executionArn ?? "");
    }),
  );
  const fresh = await world.goodBackup(["sessions"]);
  const [first, second] = [await wrappingOf(old, 1), await wrappingOf(old, 2)];
  const hand = await tampering(world);
  await hand.remove(first.key);
  const restored = [];
  for (const backupId of [old, fresh])
    restored.push(await world.client.run("restore", { source: "sessions", backupId, confirm: "staging-redis" }));
  await hand.undo();

  const { left, problems } = rotated.figures; // keys that other tests have spoiled are named, and left
  expect(problems).toHaveLength(left);
  expect(problems.join()).not.toContain(old);
  expect(verified.map(({ status, cause }) => [status, cause])).toEqual(verified.map(() => ["SUCCEEDED", ""]));
  expect(verified.length).toBeGreaterThan(0);
  expectNothingLost(before, new Map([...(await takeInventory(world)), ...only(before, first.key)]));
  expect(second.wrapped).not.toBe("none");
  expect(second.wrapped).not.toBe(first.wrapped);
  expect((await wrappingOf(fresh, 2)).wrapped).toBe("none");
  expect(restored.map(({ status, cause }) => [status, cause])).toEqual([
    ["SUCCEEDED", ""],
    ["SUCCEEDED", ""],
  ]);
  expect(await redis(world.stage, "staging-redis", "DEBUG", "DIGEST")).toBe(digest);
});

/** What this test itself has taken away and put back has another version. */
const only = (inventory: Map<string, string>, key: string) =>
  [...inventory].filter(([version]) => version.startsWith(`${key} `));
