import pWaitFor from "p-wait-for";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { type BackupId, scheduledBackupId } from "#domain/ids.ts";
import type { Manifest } from "#domain/manifest.ts";
import { withTaskFault, wrapTool } from "#local/demo/faults.ts";
import { sql } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { kill } from "#local/podman.ts";
import type { Execution } from "#local/stage-client.ts";
import { type Application, startApplication } from "./support/application.ts";
import { watchStage } from "./support/invariants.ts";
import { sweepAsTheLifecycleRuleDoes } from "./support/lifecycle.ts";
import { theRunningTask } from "./support/task-containers.ts";
import { within } from "./support/within.ts";
import { openWorld, type Run, type World } from "./support/world.ts";

/** Two databases of the sample fleet, the larger in several streams; around them a service, a function and SQL stand still. */
const source = "app-at-rest";
const TASKS = 1;

let world: World;
let application: Application;
const live = (database: string, statement: string) => sql(world.stage.sources["app-db"].container, database, statement);
const staging = (database: string, statement: string) =>
  sql(world.stage.targets["staging-db"].container, database, statement);
const isQuiet = async () => (await live("postgres", "SELECT to_regclass('public.quiet') IS NOT NULL")) === "t";

beforeAll(async () => {
  world = await openWorld();
  await resetFleet(["app-db", "staging-db"]);
  await live("postgres", "GRANT CREATE ON SCHEMA public TO holdfast_backup"); // for the SQL of the hooks
  await world.haveLatest();
  application = await startApplication(world);
});
afterAll(async () => {
  await application.end();
  await resetFleet(["app-db", "staging-db"]);
  await world.client.clearMessages();
});

it("AS-20 AS-27 has an application stand still while its database is captured in several streams, which restore to the same rows", async () => {
  const watch = await begun("neither");

  const run = await whileUploading(async () => {
    expect(await application.counts()).toEqual({ desired: 0, running: 0 });
    expect(await isQuiet()).toBe(true);
  });
  const verification = await world.client.endedNamed("verify", run.backupId);
  const restore = await world.client.run("restore", { source });

  expect([run.execution, verification, restore].map(({ cause }) => cause)).toEqual(["", "", ""]);
  const { artifacts, hooks } = componentOf(await world.manifest(run.backupId));
  expect(artifacts.flatMap(({ subject, kind }) => (subject ? [`${subject} ${kind}`] : []))).toEqual([
    ...["app schema", "app data-01", "app data-02"],
    "compliance dump",
  ]);
  expect(hooks?.map(({ hook }) => hook.replace(/arn:\S+/, "…"))).toEqual([
    ...["before.0 ecsService application/web", "before.1 lambda …", "before.2 sql in postgres"],
    ...["after.0 sql in postgres", "after.1 lambda …", `application/web back from 0 to ${TASKS}`],
  ]);
  const around = { source, runId: run.backupId };
  expect(await application.callsOf(run.backupId)).toEqual([
    { phase: "before", ...around },
    { phase: "after", ...around },
  ]);
  const evidence = await world.client.evidenceOf(restore);
  expect(evidence.factsCompared).toBeGreaterThan(100);
  for (const table of ["shop.orders", "shop.order_lines", "back_office.reports"])
    expect(await staging("app", rowsOf(table)), table).toBe(await live("app", rowsOf(table)));
  await ended(watch, []);
});

it.each([
  {
    id: "S1",
    what: "one of several pg_dumps is killed in the middle of its stream",
    capture: async () => {
      const killed = `exec /usr/bin/pg_dump "$@" > >(head -c 8000000; kill -KILL $$)`; // pg_dump has this shell's pid
      const script = `#!/bin/bash\ncase " $* " in *" --table="*) ${killed};; esac\nexec /usr/bin/pg_dump "$@"\n`;
      return withTaskFault(world.stage, await wrapTool("pg_dump", script), () => backup([source]));
    },
    says: /CommandFailed: pg_dump .*SIGKILL/,
  },
  {
    id: "S2",
    what: "its container is killed",
    capture: () => whileUploading(async () => kill(await theRunningTask())),
    says: /TaskFailed/,
  },
])(
  "$id AS-20 makes no point of several streams, and has the application run again, when $what",
  async ({ id, capture, says }) => {
    const watch = await begun("neither");

    const { backupId, execution } = await capture();

    expect(execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
    expect(execution.cause).toMatch(new RegExp(`^${source}: ${says.source}`));
    expect(await world.hasManifest(backupId)).toBe(false);
    if (id === "S2") await sweepAsTheLifecycleRuleDoes(world, backupId);
    await ended(watch, [execution], { notGood: [{ source, backupId }] });
  },
);

it("AS-20 stops the one source whose hook before it fails, undoes its hooks, and captures the other source", async () => {
  const watch = await begun("before");

  const { backupId, execution } = await backup([source, "sessions"]);
  const verification = await world.client.endedNamed("verify", backupId);

  expect(execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(execution.cause).toMatch(
    new RegExp(`^${source}: HookFailed: before\\.1 lambda \\S+: ToldTo: told to fail before$`),
  );
  expect(verification.status).toBe("SUCCEEDED");
  const manifest = await world.manifest(backupId);
  expect(manifest).toMatchObject({ outcome: "PARTIAL", failed: { [source]: expect.stringContaining("HookFailed") } });
  expect(Object.keys(manifest.components)).toEqual(["sessions"]);
  await ended(watch, [execution], { notGood: [{ source, backupId }], latest: { sessions: backupId } });
});

it("AS-20 keeps the point of a capture whose hooks can't be undone, tells people once, and undoes the rest when it is asked again", async () => {
  const watch = await begun("after");

  const { backupId, execution } = await backup([source]);
  const verification = await world.client.endedNamed("verify", backupId);
  await application.has(TASKS);
  await application.failsIn("neither");
  const late = Undone.parse(await world.client.invoke("resume", { again: true }));

  expect(execution).toMatchObject({ status: "FAILED", error: "HookFailed" });
  expect(execution.cause).toMatch(
    new RegExp(
      `^${source}: HookFailed: its hooks are not undone: .*after\\.1 lambda \\S+: ToldTo: told to fail after$`,
    ),
  );
  expect(verification.status).toBe("SUCCEEDED");
  expect((await world.manifest(backupId)).outcome).toBe("COMPLETE");
  expect(await world.client.latest(source)).toBe(backupId);
  expect(late.figures.resumed).toHaveLength(1);
  await ended(watch, [execution]);
});

const Undone = z.looseObject({ figures: z.looseObject({ resumed: z.array(z.unknown()) }) });
const rowsOf = (table: string) =>
  `SELECT count(*) || ' ' || md5(string_agg(t::text, '' ORDER BY t::text)) FROM ${table} t`;

function componentOf({ components }: Manifest) {
  const component = components[source];
  if (!component) throw new Error(`the manifest has no ${source}`);
  return component;
}

let lastAt = 0;
async function start(sources: string[]): Promise<{ backupId: BackupId; arn: string }> {
  lastAt = Math.max(lastAt + 1_000, Math.floor(Date.now() / 1_000) * 1_000);
  const at = new Date(lastAt);
  const input = { backup: "weekly", scheduledTime: at.toISOString(), sources };
  return { backupId: scheduledBackupId("weekly", at), arn: await world.client.start("backup", input) };
}

async function backup(sources: string[]): Promise<Run> {
  const { backupId, arn } = await start(sources);
  return { backupId, execution: await world.client.ended(arn) };
}

/** A capture that stands still at the first part of its first stream of rows while `work` is done. */
async function whileUploading(work: () => Promise<unknown>): Promise<Run> {
  const isUploading = Promise.withResolvers<void>();
  const isDone = Promise.withResolvers<void>();
  const { result } = await world.throughProxy(
    ({ operation, key, partNumber }) => {
      if (operation !== "UploadPart" || !key.endsWith(".data-01.zst.gpg") || partNumber !== 1) return undefined;
      isUploading.resolve();
      return { hold: isDone.promise };
    },
    async () => {
      const { backupId, arn } = await start([source]);
      await within(isUploading.promise)
        .then(work)
        .finally(() => isDone.resolve());
      return { backupId, execution: await world.client.ended(arn) };
    },
  );
  return result;
}

async function begun(fails: Parameters<Application["failsIn"]>[0]) {
  const watch = await watchStage(world);
  await application.failsIn(fails);
  await application.scaleTo(TASKS);
  return watch;
}

/** What a capture with hooks must come to, however it went. */
async function ended(
  watch: Awaited<ReturnType<typeof watchStage>>,
  failed: Execution[],
  expected: Omit<Parameters<typeof watch.expectInvariants>[0], "failed"> = {},
): Promise<void> {
  await application.has(TASKS);
  const timeout = { milliseconds: 60_000, message: "public.quiet is still there" };
  await pWaitFor(async () => !(await isQuiet()), { interval: 200, timeout });
  await application.scaleTo(0); // its tasks would count as some of holdfast's
  await watch.expectInvariants({ ...expected, failed });
}
