import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { readCatalog } from "#app/catalog.ts";
import { isSafety } from "#domain/ids.ts";
import { redis, sql } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { kill } from "#local/podman.ts";
import { watchStage } from "./support/invariants.ts";
import { whileManifestEventsAreLost } from "./support/manifest-events.ts";
import { theRunningTask } from "./support/task-containers.ts";
import { within } from "./support/within.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
const stagingDigest = () => redis(world.stage, "staging-redis", "DEBUG", "DIGEST");
const stagingSql = (database: string, statement: string) =>
  sql(world.stage.targets["staging-db"].container, database, statement);

beforeAll(async () => {
  world = await openWorld();
  await resetFleet(["staging-db", "staging-redis"]);
  await world.haveLatest();
});
afterAll(async () => {
  await resetFleet(["staging-db", "staging-redis"]);
  await world.client.clearMessages();
});

it("X1 asks for the target's name where it holds foreign data, and takes a verified safety point before it goes on", async () => {
  await redis(world.stage, "staging-redis", "SET", "foreign", "1");
  const digest = await stagingDigest();
  const watch = await watchStage(world);

  const refused = await world.client.run("restore", { source: "sessions" });
  const digestAfterRefusal = await stagingDigest();
  const confirmed = await world.client.run("restore", { source: "sessions", confirm: "staging-redis" });
  const again = await world.client.run("restore", { source: "sessions" });

  expect(refused).toMatchObject({ status: "FAILED", error: "ConfirmationNeeded" });
  expect(digestAfterRefusal).toBe(digest);
  expect(confirmed.status).toBe("SUCCEEDED");
  expect(await stagingDigest()).toBe(await redis(world.stage, "sessions", "DEBUG", "DIGEST"));
  const { safetyBackupId } = await world.client.evidenceOf(confirmed);
  const { points } = await readCatalog(world.client.catalog, { source: "staging-redis" });
  expect(points.find(({ backupId }) => backupId === safetyBackupId)?.proof).toBe("verified");
  expect(again.status).toBe("SUCCEEDED"); // what holdfast put there itself needs nobody's word
  await watch.expectInvariants({ failed: [refused] });
});

const Planned = z.looseObject({
  plan: z.looseObject({ backupId: z.string(), newerCommitted: z.array(z.string()) }),
});

it("X3 chooses the newest verified point, names newer ones that are not, and keeps to `before`", async () => {
  const watch = await watchStage(world);
  const { backupId } = await whileManifestEventsAreLost(world, () => world.backup(["sessions"]));
  const { points } = await readCatalog(world.client.catalog, { source: "sessions" });
  const verified = points
    .filter((point) => point.proof === "verified" && !isSafety(point.backupId))
    .toSorted((a, b) => b.recoveredTo.getTime() - a.recoveredTo.getTime());

  const chosen = await plan({});
  const older = await plan({ before: verified[0]?.recoveredTo.toISOString() }).catch(asText);
  const oldest = await plan({ before: "2020-01-01T00:00:00Z" }).catch(asText);
  const unverified = await plan({ backupId }).catch(asText);

  expect(chosen.plan).toMatchObject({ backupId: watch.latestBefore.sessions, newerCommitted: [backupId] });
  if (verified[1]) expect(older).toMatchObject({ plan: { backupId: verified[1].backupId } });
  else expect(older).toContain("NoSuchPoint: sessions has no verified point before");
  expect(oldest).toContain("NoSuchPoint: sessions has no verified point before 2020-01-01");
  expect(unverified).toContain("NoSuchPoint: ");
  await watch.expectInvariants({ notGood: [{ source: "sessions", backupId }] });

  async function plan(request: object) {
    const execution = { id: `arn:${Math.random()}`, name: "by-hand", startTime: new Date().toISOString() };
    return Planned.parse(
      await world.client.invoke("plan-restore", { input: { source: "sessions", ...request }, execution }),
    );
  }
});
const asText = (error: Error) => `${error.name}: ${error.message}`;

it("X4 leaves the old database as it was when the restore's task is killed half-way, and then restores cleanly", async () => {
  const request = { source: "app-db", options: { databases: { compliance: "compliance" } } };
  const first = await world.client.run("restore", request);
  expect(first.status, first.cause).toBe("SUCCEEDED");
  await stagingSql("compliance", "CREATE TABLE public.old_state AS SELECT 42 AS answer");
  const watch = await watchStage(world);
  const confirmed = { ...request, confirm: "staging-db", safety: "none", because: "the old state is looked at below" };

  const isHalfLoaded = Promise.withResolvers<void>();
  const isKilled = Promise.withResolvers<void>();
  const { result: killed } = await world.throughProxy(
    ({ operation, key }) => {
      if (!key.endsWith(".dump.zst.gpg") || !/^GetObject bytes=[1-9]/.test(operation)) return undefined;
      isHalfLoaded.resolve();
      return { hold: isKilled.promise };
    },
    async () => {
      const arn = await world.client.start("restore", confirmed);
      await within(isHalfLoaded.promise);
      await kill(await theRunningTask());
      isKilled.resolve();
      return world.client.ended(arn);
    },
    "restore",
  );
  const oldState = await stagingSql("compliance", "SELECT answer FROM public.old_state");
  const again = await world.client.run("restore", confirmed);

  expect(killed).toMatchObject({ status: "FAILED", error: "RestoreFailed" });
  expect(oldState).toBe("42");
  expect(again.status, again.cause).toBe("SUCCEEDED");
  expect(await stagingSql("compliance", "SELECT to_regclass('public.old_state') IS NULL")).toBe("t");
  const { notes } = await world.client.evidenceOf(again);
  expect(notes.join("\n")).toContain("was left by another restore");
  await watch.expectInvariants({ failed: [killed] });
});

it("X4 leaves the target as it was when S3 hands over a part that is cut off, without an error", async () => {
  await resetFleet(["staging-redis"]);
  await redis(world.stage, "staging-redis", "SET", "old", "state");
  const digest = await stagingDigest();
  const watch = await watchStage(world);

  const { result: restore, calls } = await world.throughProxy(
    ({ operation, key }) =>
      key.endsWith(".rdb.zst.gpg") && /^GetObject bytes=[1-9]/.test(operation) ? { shorten: 100_000 } : undefined,
    () =>
      world.client.run("restore", {
        ...{ source: "sessions", confirm: "staging-redis" },
        ...{ safety: "none", because: "the old state is looked at below" },
      }),
    "restore",
  );

  expect(calls.some(({ operation }) => operation.startsWith("GetObject bytes="))).toBe(true);
  expect(restore).toMatchObject({ status: "FAILED", error: "RestoreFailed" });
  expect(restore.cause).toContain("ChecksumMismatch");
  expect(await stagingDigest()).toBe(digest);
  await watch.expectInvariants({ failed: [restore] });
});
