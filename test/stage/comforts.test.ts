import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { BackupId } from "#domain/ids.ts";
import { redis, sql } from "#local/demo/fleet-state.ts";
import { lookAtTree } from "#local/demo/tree-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
let backupId: BackupId;
const targets = ["staging-db", "staging-redis", "staging-uploads"] as const;
const Answer = z.looseObject({ verdict: z.string() });
const staging = (database: string, statement: string) =>
  sql(world.stage.targets["staging-db"].container, database, statement);
const databases = async () =>
  (await staging("postgres", "SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1")).split("\n");

beforeAll(async () => {
  world = await openWorld();
  await resetFleet(targets);
  backupId = await world.goodBackup(["app-db", "sessions", "uploads"]);
});
afterAll(async () => {
  await resetFleet(targets);
  await world.client.clearMessages();
});

it("GL-11 restores a whole backup in the plan's order, stops at the first source that fails, and goes on with the command of the alarm", async () => {
  await redis(world.stage, "staging-redis", "SET", "somebody's", "42");
  await world.client.clearMessages();

  const stopped = await world.client.run("restoreAll", { backupId, sources: "all" });
  const alarm = await world.client.message((text) => text.includes("Restore of all of"));
  const untouched = [await redis(world.stage, "staging-redis", "GET", "somebody's"), existsSync(uploads())];
  const [, goOn = "{}"] = /-f start-restore -d '(\{.*\})'/.exec(world.client.asText(alarm)) ?? [];
  const request = { ...JSON.parse(goOn), confirm: ["staging-redis"], safety: "none", because: "it is a test's key" };
  await world.client.invoke("start-restore", request);
  await world.client.message((text) => text.includes(`${backupId} was restored: all 2 sources`), 120_000);

  expect(stopped).toMatchObject({ status: "FAILED", error: "RestoreAllFailed" });
  expect(stopped.cause).toContain(
    "sessions into staging-redis failed; its own alarm says why.\nRestored: app-db into staging-db.\nNot begun: uploads into staging-uploads.",
  );
  expect(stopped.cause).toContain("ConfirmationNeeded");
  expect(untouched).toEqual(["42", false]);
  expect(JSON.parse(goOn)).toEqual({ backupId, sources: ["sessions", "uploads"] });
  expect(await redis(world.stage, "staging-redis", "EXISTS", "somebody's")).toBe("0");
  expect((await lookAtTree(uploads())).files).toBeGreaterThan(100);
});

it("AS-19 restores tables of a point into a database of their own, beside the one that they are from", async () => {
  await world.client.clearMessages();
  const only = { app: { tables: ["shop.orders", "shop.order_lines"] } };
  const before = await databases();

  const restore = await world.client.run("restore", {
    ...{ source: "app-db", backupId },
    options: { databases: { app: "app_orders" }, only },
  });

  expect(restore.cause).toBe("");
  expect(await databases()).toEqual([...before, "app_orders"].toSorted());
  const count = "SELECT (SELECT count(*) FROM shop.orders) || ' ' || (SELECT count(*) FROM shop.order_lines)";
  expect(await staging("app_orders", count)).toBe(await staging("app", count));
  expect(await staging("app_orders", "SELECT to_regclass('shop.customers')")).toBe("");
  await world.client.message((text) => text.includes("COPY shop.order_lines TO STDOUT"));
});

it("GL-11 drops what restores have kept when its time is over, and a rollback then says so by name", async () => {
  const [db, tree] = await Promise.all([
    world.client.run("restore", {
      ...{ source: "app-db", backupId, confirm: "staging-db" },
      ...{ safety: "none", because: "the old state is kept beside" },
      options: { databases: { investigations: "investigations" } },
    }),
    world.client.run("restore", { source: "uploads", backupId }),
  ]);
  const [{ restoreId: ofDb, kept }, { restoreId: ofTree }] = [
    await world.client.evidenceOf(db),
    await world.client.evidenceOf(tree),
  ];
  const old = [`holdfast_old_${ofDb}_1`, `${uploads()}.holdfast-old-${ofTree}`] as const;
  const state = async () => [(await databases()).includes(old[0]), existsSync(old[1])];
  const now = await lookAtTree(uploads());

  const tooEarly = await world.client.run("drop", {});
  const keptFor7Days = await state();
  const dropped = await Promise.all(
    ["staging-db", "staging-uploads"].map((target) => world.client.run("drop", { target, olderThan: "0m" })),
  );
  const undone = Answer.parse(
    await world.client.invoke("rollback-restore", { restoreId: ofTree, confirm: "staging-uploads" }),
  );

  expect(kept).toHaveLength(1);
  expect(tooEarly.status, tooEarly.cause).toBe("SUCCEEDED");
  expect(keptFor7Days).toEqual([true, true]);
  expect(dropped.map(({ status, cause }) => [status, cause])).toEqual(dropped.map(() => ["SUCCEEDED", ""]));
  expect(await state()).toEqual([false, false]);
  expect(await lookAtTree(uploads())).toEqual(now);
  expect(await databases()).toEqual(expect.arrayContaining(["app", "investigations"]));
  expect(undone.verdict).toMatch(/NothingToRollBack: the old state was dropped at .* after the 0m/);
  const record = await world.client.repository.read(world.layout.dropped(ofDb));
  expect(JSON.parse(new TextDecoder().decode(record))).toMatchObject({ dropped: [`database "${old[0]}"`] });
});

const uploads = () => world.stage.targets["staging-uploads"].folder;
