import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import pWaitFor from "p-wait-for";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { readEvidence } from "#app/read-evidence.ts";
import { sql } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { kill } from "#local/podman.ts";
import type { Execution } from "#local/stage-client.ts";
import { type Application, startApplication } from "./support/application.ts";
import { watchStage } from "./support/invariants.ts";
import { theRunningTask } from "./support/task-containers.ts";
import { within } from "./support/within.ts";
import { openWorld, type World } from "./support/world.ts";

/** Around `rehearsal-db`: the service is scaled to 0, SQL makes a table, a function is called; all of it is undone. */
const request = { source: "app-db", target: "rehearsal-db", options: { databases: { compliance: "compliance" } } };
const TASKS = 1;

let world: World;
let application: Application;
const staging = (database: string, statement: string) =>
  sql(world.stage.targets["staging-db"].container, database, statement);
const isQuiet = async () =>
  (await staging("postgres", "SELECT to_regclass('public.quiet') IS NOT NULL")).trim() === "t";
const Undone = z.looseObject({
  verdict: z.string(),
  next: z.string(),
  figures: z.looseObject({ resumed: z.array(z.unknown()) }),
});

beforeAll(async () => {
  world = await openWorld();
  await resetFleet(["staging-db"]);
  await world.haveLatest();
  application = await startApplication(world);
});
afterAll(async () => {
  await application.end();
  await resetFleet(["staging-db"]);
  await world.client.clearMessages();
});

it("AS-20 GL-11 has an application stand still while its database is restored, and run as before afterwards", async () => {
  const watch = await begun("neither");

  const restore = await whileLoading(async () => {
    expect(await application.counts()).toEqual({ desired: 0, running: 0 });
    expect(await isQuiet()).toBe(true);
  });

  expect(restore.cause).toBe("");
  const evidence = await world.client.evidenceOf(restore);
  const around = { source: "app-db", target: "rehearsal-db", runId: evidence.restoreId };
  expect(await application.callsOf(evidence.restoreId)).toEqual([
    { phase: "before", ...around },
    { phase: "after", ...around },
  ]);
  expect(evidence.hooks?.map(({ hook }) => hook.replace(/arn:\S+/, "…"))).toEqual([
    "before.0 ecsService application/web",
    "before.1 sql in postgres",
    "before.2 lambda …",
    "after.0 sql in postgres",
    "after.1 lambda …",
    `application/web back from 0 to ${TASKS}`,
  ]);
  expect(evidence.phases["quiesce"]).toBeGreaterThan(0);
  expect(evidence.phases["resume"]).toBeGreaterThan(0);
  await ended(watch, []);
});

it("GL-11 has the application run again when the restore's task is killed", async () => {
  const watch = await begun("neither");

  const restore = await whileLoading(async () => kill(await theRunningTask()));

  expect(restore).toMatchObject({ status: "FAILED", error: "RestoreFailed" });
  await ended(watch, [restore]);
});

it("GL-11 has the application run again when the restore is aborted, which skips every state", async () => {
  const watch = await begun("neither");

  const restore = await whileLoading(async (executionArn) => {
    await world.client.sfn.send(new StopExecutionCommand({ executionArn }));
    await undone(); // by tasks that begin with the proxy, and would lose it
  });

  expect(restore.status).toBe("ABORTED");
  await ended(watch, [restore]);
});

it("GL-11 begins no restore when a hook before it fails, undoes those that came before it, and tells people once", async () => {
  await staging("compliance", "CREATE TABLE public.old_state ()");
  const watch = await begun("before");

  const restore = await world.client.run("restore", { ...request, ...confirmed });

  expect(restore).toMatchObject({ status: "FAILED", error: "HookFailed" });
  expect(restore.cause).toMatch(/^app-db: HookFailed: before\.2 lambda \S+: ToldTo: told to fail before$/);
  expect(await staging("compliance", "SELECT to_regclass('public.old_state')")).toBe("old_state");
  await ended(watch, [restore]);
});

it("GL-11 keeps a restore whose hooks can't be undone, tells people, and undoes the rest when it is asked again", async () => {
  const watch = await begun("after");

  const restore = await world.client.run("restore", { ...request, ...confirmed });
  await application.has(TASKS);
  await application.failsIn("neither");
  const late = Undone.parse(await world.client.invoke("resume", { again: true }));
  const later = Undone.parse(await world.client.invoke("resume", { again: true }));

  expect(restore).toMatchObject({ status: "FAILED", error: "HookFailed" });
  expect(restore.cause).toMatch(/^The restore is done, and kept\.\n.*after\.1 lambda \S+: ToldTo: told to fail after$/);
  expect((await staging("compliance", "SELECT to_regclass('public.old_state') IS NULL")).trim()).toBe("t");
  const [evidence] = await readEvidence(world.client.catalog, "rehearsal-db");
  expect(evidence?.notes.join("\n")).toContain("HookFailed: its hooks are not undone: after.1 lambda");
  expect(late.figures.resumed).toHaveLength(1);
  expect(later.figures.resumed).toEqual([]);
  await ended(watch, [restore]);
});

const confirmed = { confirm: "rehearsal-db", safety: "none", because: "the old state is kept beside the new one" };

async function begun(fails: Parameters<Application["failsIn"]>[0]) {
  const watch = await watchStage(world);
  await application.failsIn(fails);
  await application.scaleTo(TASKS);
  return watch;
}

/** What a restore with hooks must come to, however it went. */
async function ended(watch: Awaited<ReturnType<typeof watchStage>>, failed: Execution[]): Promise<void> {
  await undone();
  await application.scaleTo(0); // its tasks would count as some of holdfast's
  await watch.expectInvariants({ failed });
}

async function undone(): Promise<void> {
  await application.has(TASKS);
  const timeout = { milliseconds: 60_000, message: "public.quiet is still there" };
  await pWaitFor(async () => !(await isQuiet()), { interval: 200, timeout });
}

/** A restore that stands still in the middle of its load while `work` is done. */
async function whileLoading(work: (executionArn: string) => Promise<unknown>): Promise<Execution> {
  const isLoading = Promise.withResolvers<void>();
  const isDone = Promise.withResolvers<void>();
  const { result } = await world.throughProxy(
    ({ operation, key }) => {
      if (!key.endsWith(".dump.zst.gpg") || !/^GetObject bytes=[1-9]/.test(operation)) return undefined;
      isLoading.resolve();
      return { hold: isDone.promise };
    },
    async () => {
      const arn = await world.client.start("restore", request);
      await within(isLoading.promise, 90_000)
        .then(() => work(arn))
        .finally(() => isDone.resolve());
      return world.client.ended(arn);
    },
    "restore",
  );
  return result;
}
