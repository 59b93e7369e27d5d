import { afterAll, beforeAll, expect, it } from "vitest";
import { redis } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { exitCodeOf, stop } from "#local/podman.ts";
import { watchStage } from "./support/invariants.ts";
import type { Script } from "./support/s3-fault-proxy.ts";
import { runningTasks, theRunningTask } from "./support/task-containers.ts";
import { within } from "./support/within.ts";
import { openWorld, type SourceName, sourceNames, type World } from "./support/world.ts";

/** What ECS waits before it kills is the task definition's StopTimeout of 60 s; Spot gives 30 at the least that is asked of a task here. */
const LIMIT_SECONDS = 30;

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.haveLatest();
});
afterAll(async () => {
  await resetFleet(["staging-redis"]);
  await world.client.clearMessages();
});

it("S3 stops captures within their limit when their tasks get a SIGTERM, aborts their uploads, and makes the points by one more try of its own key", async () => {
  const watch = await watchStage(world);
  const uploading = sourceNames.map((source) => holdSecondPart(source, 0));

  const { result } = await world.throughProxy(
    (call) => uploading.map((one) => one.script(call)).find(Boolean),
    async () => {
      const { backupId, arn } = await world.startBackup([...sourceNames]);
      await within(Promise.all(uploading.map((one) => one.begun)));
      const tasks = await runningTasks();
      await Promise.all(tasks.map((task) => stop(task, LIMIT_SECONDS)));
      const exitCodes = await Promise.all(tasks.map(exitCodeOf));
      for (const one of uploading) one.release();
      return { backupId, exitCodes, execution: await world.client.ended(arn) };
    },
  );
  const { backupId, exitCodes, execution } = result;
  const verification = await world.client.endedNamed("verify", backupId);

  expect(exitCodes).toEqual([1, 1, 1]); // 137 would be the SIGKILL after the limit
  expect(execution.status, execution.cause).toBe("SUCCEEDED");
  const { components } = await world.manifest(backupId);
  expect(Object.keys(components).toSorted()).toEqual([...sourceNames]);
  for (const [source, { keyId, artifacts }] of Object.entries(components)) {
    expect(keyId).toBe(`${backupId}.${source}.10`);
    for (const { key } of artifacts) expect(key).toContain(`/${source}-${backupId}.10.`);
    expect(await outcomeOf(backupId, source, 0)).toMatchObject({ succeeded: false, error: { name: "Interrupted" } });
  }
  expect(verification.status).toBe("SUCCEEDED");
  await watch.expectInvariants({ latest: { "app-db": backupId, sessions: backupId, uploads: backupId } });
});

it("S3 fails the run when the second try is told to stop as well: there is no third", async () => {
  const watch = await watchStage(world);
  const tries = [holdSecondPart("sessions", 0), holdSecondPart("sessions", 10)];

  const { result: run } = await world.throughProxy(
    (call) => tries.map((one) => one.script(call)).find(Boolean),
    async () => {
      const { backupId, arn } = await world.startBackup(["sessions"]);
      for (const one of tries) {
        await within(one.begun);
        await stop(await theRunningTask(), LIMIT_SECONDS);
        one.release();
      }
      return { backupId, execution: await world.client.ended(arn) };
    },
  );

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toContain("sessions: Interrupted: INTERRUPTED");
  expect(await world.hasManifest(run.backupId)).toBe(false);
  expect((await watch.versionsSince()).filter((version) => version.includes(".rdb.zst.gpg"))).toEqual([]);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "sessions", backupId: run.backupId }] });
});

it("S3 X4 leaves the target as it was when a restore gets a SIGTERM half-way, and does not try again by itself", async () => {
  await resetFleet(["staging-redis"]);
  await redis(world.stage, "staging-redis", "SET", "old", "state");
  const digest = await redis(world.stage, "staging-redis", "DEBUG", "DIGEST");
  const watch = await watchStage(world);
  const isHalfLoaded = Promise.withResolvers<void>();
  const isStopped = Promise.withResolvers<void>();

  const { result } = await world.throughProxy(
    ({ operation, key }) => {
      if (!key.endsWith(".rdb.zst.gpg") || !/^GetObject bytes=[1-9]/.test(operation)) return undefined;
      isHalfLoaded.resolve();
      return { hold: isStopped.promise };
    },
    async () => {
      const arn = await world.client.start("restore", {
        ...{ source: "sessions", confirm: "staging-redis" },
        ...{ safety: "none", because: "the old state is looked at below" },
      });
      await within(isHalfLoaded.promise);
      const task = await theRunningTask();
      await stop(task, LIMIT_SECONDS);
      isStopped.resolve();
      return { exitCode: await exitCodeOf(task), restore: await world.client.ended(arn) };
    },
    "restore",
  );

  expect(result.exitCode).toBe(1);
  expect(result.restore).toMatchObject({ status: "FAILED", error: "RestoreFailed" });
  expect(result.restore.cause).toContain("sessions: Interrupted: INTERRUPTED");
  expect(await redis(world.stage, "staging-redis", "DEBUG", "DIGEST")).toBe(digest);
  await watch.expectInvariants({ failed: [result.restore] });
});

/** Holds the second part of what one try of a capture uploads, once it has begun, until it is released. */
function holdSecondPart(source: SourceName, attempt: number) {
  const begun = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const script: Script = ({ operation, key, partNumber }) => {
    if (operation !== "UploadPart" || partNumber !== 2) return undefined;
    if (!key.includes(`/${source}-`) || !key.includes(`.${attempt}.`)) return undefined;
    begun.resolve();
    return { hold: released.promise };
  };
  return { script, begun: begun.promise, release: released.resolve };
}

async function outcomeOf(backupId: string, source: string, attempt: number): Promise<unknown> {
  const bytes = await world.client.repository.read(world.layout.outcome(backupId, source, attempt));
  return JSON.parse(new TextDecoder().decode(bytes));
}
