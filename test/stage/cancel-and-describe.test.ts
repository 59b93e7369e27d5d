import pWaitFor from "p-wait-for";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { restoreIdOf } from "#domain/ids.ts";
import { sql } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import type { Message } from "#local/sink-messages.ts";
import { watchStage } from "./support/invariants.ts";
import { within } from "./support/within.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
const stagingSql = (database: string, statement: string) =>
  sql(world.stage.targets["staging-db"].container, database, statement).then((text) => text.trim());
const Answer = z.object({ verdict: z.string(), figures: z.looseObject({}), next: z.string() });
const call = async (name: string, input: object) => Answer.parse(await world.client.invoke(name, input));
const request = { source: "app-db", confirm: "staging-db", requestedBy: "the night shift" };
const withoutSafety = { safety: "none", because: "the old state is looked at below" };
const because = "the wrong night was chosen";

beforeAll(async () => {
  world = await openWorld();
  await resetFleet(["staging-db"]);
  await world.haveLatest();
  for (const database of ["app", "compliance"]) {
    await stagingSql("postgres", `CREATE DATABASE ${database}`);
    await stagingSql(database, "CREATE TABLE what_was_there AS SELECT 42 AS answer");
  }
});
afterAll(async () => {
  await resetFleet(["staging-db"]);
  await world.client.clearMessages();
});

/** Everything that a restore could have changed on the target: its databases and roles, and what was in them. */
async function targetNow() {
  return {
    databases: await stagingSql("postgres", "SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database"),
    roles: await stagingSql("postgres", "SELECT string_agg(rolname, ' ' ORDER BY rolname) FROM pg_roles"),
    app: await stagingSql("app", "SELECT answer FROM what_was_there"),
    compliance: await stagingSql("compliance", "SELECT answer FROM what_was_there"),
  };
}

async function begin(input: object) {
  const arn = await world.client.start("restore", input);
  const started = (await world.client.executions("restore")).find(({ executionArn }) => executionArn === arn);
  return { arn, restoreId: restoreIdOf(arn, started?.startDate ?? new Date(0)) };
}

const Updated = z.looseObject({ ts: z.string(), thread_ts: z.string().optional() });
const about = (messages: Message[], channel: Message["channel"], words: string) =>
  messages.filter((message) => message.channel === channel && world.client.asText(message).includes(words));

it("X9 cancels a restore that is half loaded: the target is as it was, and one message says who and why", async () => {
  const before = await targetNow();
  const watch = await watchStage(world);
  const isHeld = Promise.withResolvers<void>();
  const isCancelled = Promise.withResolvers<void>();
  let parts = 0;

  const { result } = await world.throughProxy(
    ({ operation, key }) => {
      if (!key.endsWith(".dump.zst.gpg") || !operation.startsWith("GetObject") || ++parts <= 3) return undefined;
      isHeld.resolve();
      return { hold: isCancelled.promise };
    },
    async () => {
      const { arn, restoreId } = await begin({ ...request, ...withoutSafety, options: { databases: { app: "app" } } });
      await within(isHeld.promise);
      let described = await call("describe-restore", { restoreId });
      await pWaitFor(
        async () => {
          described = await call("describe-restore", { restoreId });
          return /load, [1-9]\d* %, loaded at about/.test(described.verdict);
        },
        { interval: 500, timeout: 30_000 },
      );
      const running = await call("describe-restore", {});
      const cancelled = await call("cancel-restore", { restoreId, because, requestedBy: "the night shift" });
      isCancelled.resolve();
      return { restoreId, described, running, cancelled, execution: await world.client.ended(arn) };
    },
    "restore",
  );
  const { restoreId, described, running, cancelled, execution } = result;
  const again = await call("cancel-restore", { restoreId, because, requestedBy: "somebody else" });
  const after = await call("describe-restore", { source: "app-db" });
  const unknown = { restoreId: "2026-02-23-134207-k3x9", because };
  const stranger = await call("cancel-restore", unknown).catch((error: Error) => error.message);

  expect(described.verdict).toMatch(/^RUNNING: app-db into staging-db: load, \d+ %, loaded at about 20\S+Z \(in .+\)$/);
  expect(described.figures).toMatchObject({ restores: [{ restoreId, source: "app-db", rto: "30m", isLate: false }] });
  expect(running.verdict).toContain("RUNNING: app-db into staging-db");
  expect(cancelled.verdict).toBe("CANCELLED: staging-db is as it was, nothing was swapped in");
  expect(execution).toMatchObject({ status: "FAILED", error: "RestoreFailed" });
  expect(await targetNow()).toEqual(before);
  expect(again.verdict).toContain(`CANCELLED already, at `);
  expect(after.verdict).toBe(`CANCELLED by the night shift, because: ${because}. staging-db is as it was`);
  expect(stranger).toMatch(
    new RegExp(`there is no restore ${unknown.restoreId}. The newest are: ${restoreId} \\(app-db`),
  );
  await world.client.message((text) => text.includes("The restore of app-db into staging-db was cancelled"));
  await watch.expectInvariants({ cancelled: [execution] });
  await expectOneStory("The restore of app-db into staging-db was cancelled");
});

/** One message per restore that is changed as it goes on, not a new one each time; its end is said in its thread. */
async function expectOneStory(end: string) {
  const messages = await world.client.messages();
  const [begun, ...more] = about(messages, "slack", "A restore of app-db into staging-db has begun");
  const { ts } = Updated.parse(begun?.body);
  const updates = messages.filter(({ channel }) => channel === "slack-update");
  const [told, ...toldAgain] = about(messages, "slack", end);
  expect([more, toldAgain]).toEqual([[], []]);
  expect(updates.map(({ body }) => Updated.parse(body).ts)).toEqual(updates.map(() => ts));
  expect(about(updates, "slack-update", "Restoring app-db into staging-db: load, ").length).toBeGreaterThan(0);
  expect(updates.length).toBeLessThan(10);
  expect(world.client.asText(updates.at(-1) as Message)).toContain(end);
  expect(Updated.parse(told?.body).thread_ts).toBe(ts);
  expect(about(messages, "sns", end)).toHaveLength(1);
}

it("X9 cancels a restore that is still taking its safety point, of which nothing is left that looks like a backup", async () => {
  const before = await targetNow();
  const watch = await watchStage(world);
  const isHeld = Promise.withResolvers<string>();
  const isCancelled = Promise.withResolvers<void>();

  const { result } = await world.throughProxy(
    ({ operation, key }) => {
      if (operation !== "UploadPart" || !key.endsWith(".dump.zst.gpg")) return undefined;
      isHeld.resolve(key);
      return { hold: isCancelled.promise };
    },
    async () => {
      const { arn, restoreId } = await begin({ ...request, options: { databases: { compliance: "compliance" } } });
      const key = await within(isHeld.promise);
      const described = await call("describe-restore", { restoreId });
      const cancelled = await call("cancel-restore", { restoreId, because });
      isCancelled.resolve();
      return { restoreId, key, described, cancelled, execution: await world.client.ended(arn) };
    },
  );
  const { restoreId, key, described, cancelled, execution } = result;
  const [, safetyBackupId = ""] = key.split("/");
  const safety = (await world.client.executions("backup"))[0]?.executionArn ?? "";

  expect(safetyBackupId).toContain(`-safety-${restoreId}`);
  expect(described.verdict).toBe("RUNNING: app-db into staging-db: taking the safety point");
  expect(cancelled.verdict).toBe("CANCELLED: staging-db is as it was, nothing was swapped in");
  expect(execution.status).toBe("FAILED");
  expect(await world.client.repository.head(`${world.stage.stage}/${safetyBackupId}/manifest.json`)).toBeUndefined();
  expect(await targetNow()).toEqual(before);
  await world.client.message((text) => text.includes("The restore of app-db into staging-db was cancelled"));
  await watch.expectInvariants({ cancelled: [execution, await world.client.describe(safety)] });
});

it("X9 says that it is too late when the swap has begun, lets it end, and names the way back", async () => {
  const watch = await watchStage(world);
  const isSwapped = Promise.withResolvers<void>();
  const isAsked = Promise.withResolvers<void>();

  const { result } = await world.throughProxy(
    ({ operation, key }) => {
      if (operation !== "PutObject" || !key.endsWith("app-db.0.outcome.json") || key.includes("inspect"))
        return undefined;
      isSwapped.resolve();
      return { hold: isAsked.promise };
    },
    async () => {
      const options = { databases: { compliance: "compliance" } };
      const { arn, restoreId } = await begin({ ...request, ...withoutSafety, options });
      await within(isSwapped.promise);
      const tooLate = await call("cancel-restore", { restoreId, because });
      isAsked.resolve();
      return { restoreId, tooLate, execution: await world.client.ended(arn) };
    },
    "restore",
  );
  const { restoreId, tooLate, execution } = result;
  const ended = await call("cancel-restore", { restoreId, because });
  const described = await call("describe-restore", { restoreId });

  expect(tooLate.verdict).toContain(`Too late: the swap of ${restoreId} had begun`);
  expect(execution.status, execution.cause).toBe("SUCCEEDED");
  expect(ended.verdict).toContain(`Too late: ${restoreId} has ended`);
  expect(described.verdict).toContain("RESTORED: staging-db holds app-db as it was at 20");
  expect(described.next).toContain(`-f rollback-restore -d '{"restoreId":"${restoreId}","confirm":"staging-db"}'`);
  await watch.expectInvariants();
});
