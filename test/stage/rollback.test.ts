import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { redis, sql } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { watchStage } from "./support/invariants.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
const stagingSql = (statement: string) => sql(world.stage.targets["staging-db"].container, "app", statement);
const Answer = z.looseObject({ verdict: z.string(), next: z.string() });

beforeAll(async () => {
  world = await openWorld();
  await resetFleet(["staging-db", "staging-redis"]);
  await world.haveLatest();
});
afterAll(async () => {
  await resetFleet(["staging-db", "staging-redis"]);
  await world.client.clearMessages();
});

it("GL-11 puts the old state of a PostgreSQL back in one call, which names its target, and once", async () => {
  const staging = world.stage.targets["staging-db"].container;
  await sql(staging, "postgres", "CREATE DATABASE app");
  await stagingSql("CREATE TABLE what_was_there AS SELECT 42 AS answer");
  const watch = await watchStage(world);
  const restore = await world.client.run("restore", {
    ...{ source: "app-db", confirm: "staging-db", safety: "none", because: "the old state is kept beside" },
    options: { databases: { app: "app" } },
  });
  const { restoreId } = await world.client.evidenceOf(restore);
  const call = (confirm: string) => world.client.invoke("rollback-restore", { restoreId, confirm });

  const other = await call("app-db-live").catch((error: Error) => error.message);
  const restored = await stagingSql("SELECT to_regclass('what_was_there')");
  const undone = Answer.parse(await call("staging-db"));
  const again = Answer.parse(await call("staging-db"));

  expect(restore.status).toBe("SUCCEEDED");
  expect(other).toContain('confirm with "staging-db"');
  expect(restored.trim()).toBe("");
  expect(undone.verdict).toBe(`staging-db is again what it was before the restore ${restoreId}`);
  expect((await stagingSql("SELECT answer FROM what_was_there")).trim()).toBe("42");
  expect(again.verdict).toContain("NothingToRollBack");
  await world.client.message((text) => text.includes(`is again what it was before the restore ${restoreId}`));
  await watch.expectInvariants();
});

it("GL-11 says which restore of the safety point brings the old state of a Redis back, and that restore does", async () => {
  await redis(world.stage, "staging-redis", "SET", "what-was-there", "42");
  const watch = await watchStage(world);
  const restore = await world.client.run("restore", { source: "sessions", confirm: "staging-redis" });
  const { restoreId } = await world.client.evidenceOf(restore);

  const answer = Answer.parse(await world.client.invoke("rollback-restore", { restoreId, confirm: "staging-redis" }));
  const input = /-f start-restore -d '(\{.*\})'/.exec(answer.next)?.[1] ?? "{}";
  const back = await world.client.run("restore", JSON.parse(input));

  expect(restore.status).toBe("SUCCEEDED");
  expect(back.cause).toBe("");
  expect(back.status).toBe("SUCCEEDED");
  expect((await redis(world.stage, "staging-redis", "GET", "what-was-there")).trim()).toBe("42");
  await watch.expectInvariants();
});
