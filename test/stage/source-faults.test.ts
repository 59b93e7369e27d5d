import { mkdir, rename } from "node:fs/promises";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, it } from "vitest";
import { withTaskFault, wrapTool } from "#local/demo/faults.ts";
import { sql } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { kill, podman, remove } from "#local/podman.ts";
import { secretName, stageSecrets } from "#local/secrets.ts";
import { watchStage } from "./support/invariants.ts";
import { sweepAsTheLifecycleRuleDoes } from "./support/lifecycle.ts";
import { theRunningTask } from "./support/task-containers.ts";
import { within } from "./support/within.ts";
import { openWorld, type Run, type SourceName, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.haveLatest();
});
afterAll(async () => {
  await resetFleet(["app-db", "sessions", "uploads"]);
  await world.client.clearMessages();
});

it("S1 aborts the upload and names the signal when pg_dump is killed in the middle of its stream", async () => {
  const watch = await watchStage(world);

  const run = await whileUploading("app-db", ".dump.zst.gpg", async (task) => {
    const pid = (await podman(["top", task, "hpid", "comm"])).split("\n").find((line) => line.endsWith("pg_dump"));
    process.kill(Number(pid?.split(/\s+/)[0]), "SIGKILL");
  });

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/app-db: CommandFailed: pg_dump .*SIGKILL/);
  expect(await world.hasManifest(run.backupId)).toBe(false);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "app-db", backupId: run.backupId }] });
});

it("S1 aborts the upload and names the signal when tar is killed in the middle of its stream", async () => {
  const watch = await watchStage(world);
  const killed = `exec /usr/bin/tar "$@" > >(head -c 8000000; kill -KILL $$)`; // tar has this shell's pid, and waits in a full pipe
  const fault = await wrapTool(
    "tar",
    `#!/bin/bash\ncase " $* " in *" --create "*) ${killed};; esac\nexec /usr/bin/tar "$@"\n`,
  );

  const run = await withTaskFault(world.stage, fault, () => world.backup(["uploads"]));

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/uploads: CommandFailed: tar .*SIGKILL/);
  expect(await world.hasManifest(run.backupId)).toBe(false);
  expect((await artifactsIn(run)).filter((key) => key.endsWith(".tar.zst.gpg"))).toEqual([]);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "uploads", backupId: run.backupId }] });
});

it.each([
  { source: "sessions", artifact: ".rdb.zst.gpg" },
  { source: "uploads", artifact: ".tar.zst.gpg" },
] as const)(
  "S2 fails the run when the container that captures $source is killed, whatever its stop is said to mean",
  async ({ source, artifact }) => {
    const watch = await watchStage(world);

    const run = await whileUploading(source, artifact, async (task) => kill(task));

    expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
    expect(run.execution.cause).toContain(`${source}: TaskFailed`);
    expect(await world.hasManifest(run.backupId)).toBe(false);
    await sweepAsTheLifecycleRuleDoes(world, run.backupId);
    await watch.expectInvariants({ failed: [run.execution], notGood: [{ source, backupId: run.backupId }] });
  },
);

it("S2 makes no point, and alarms, when the container is gone without an exit and the run is stopped", async () => {
  const watch = await watchStage(world);

  const run = await whileUploading("sessions", ".rdb.zst.gpg", async (task, executionArn) => {
    await remove([task]);
    await world.client.sfn.send(new StopExecutionCommand({ executionArn })).catch((error: Error) => {
      if (error.name !== "ValidationException") throw error; // the emulator has seen the end by itself, which it rarely does
    });
  });

  expect(["ABORTED", "FAILED"]).toContain(run.execution.status);
  expect(await world.hasManifest(run.backupId)).toBe(false);
  await sweepAsTheLifecycleRuleDoes(world, run.backupId);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "sessions", backupId: run.backupId }] });
});

it("S8 fails a run whose passwords are wrong before anything is stored", async () => {
  const watch = await watchStage(world);
  const logins = await stageSecrets();
  const put = (name: "app-db" | "sessions", password: string) =>
    world.secretsManager.send(
      new PutSecretValueCommand({
        SecretId: secretName(name),
        SecretString: JSON.stringify({ username: logins[name].username, password }),
      }),
    );
  const run = await (async () => {
    try {
      await Promise.all([put("app-db", "not-the-password"), put("sessions", "not-the-password")]);
      return await world.backup(["app-db", "sessions"]);
    } finally {
      await Promise.all([put("app-db", logins["app-db"].password), put("sessions", logins.sessions.password)]);
    }
  })();

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/app-db: PreflightFailed: .*refuses the password/);
  expect(run.execution.cause).toMatch(/sessions: PreflightFailed: /);
  expect(await artifactsIn(run)).toEqual([]);
  await watch.expectInvariants({
    failed: [run.execution],
    notGood: [
      { source: "app-db", backupId: run.backupId },
      { source: "sessions", backupId: run.backupId },
    ],
  });
});

it("S8 fails a run whose source answers at no such address", async () => {
  const watch = await watchStage(world);
  await remove([world.stage.sources.sessions.container]);

  const run = await world.backup(["sessions"]).finally(() => resetFleet(["sessions"]));

  expect(run.execution.status).toBe("FAILED");
  expect(run.execution.cause).toMatch(/sessions: PreflightFailed: .*10\.88\.0\.1:16379/);
  expect(await artifactsIn(run)).toEqual([]);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "sessions", backupId: run.backupId }] });
});

it("S8 fails a run whose tree is empty, as one is whose file system was not mounted, before anything is stored", async () => {
  const watch = await watchStage(world);
  const { folder } = world.stage.sources.uploads;
  await rename(folder, `${folder}-elsewhere`);
  await mkdir(folder);

  const run = await world.backup(["uploads"]).finally(() => resetFleet(["uploads"]));

  expect(run.execution.status).toBe("FAILED");
  expect(run.execution.cause).toMatch(/uploads: PreflightFailed: .*let through/);
  expect(await artifactsIn(run)).toEqual([]);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "uploads", backupId: run.backupId }] });
});

it("S9 refuses a pg_dump that is older than the server before any upload begins", async () => {
  const watch = await watchStage(world);
  const fault = await wrapTool("pg_dump", '#!/bin/bash\necho "pg_dump (PostgreSQL) 15.14"\n');
  const wrapper = fault.binds?.[0]?.split(":")[0];
  fault.binds?.push(`${wrapper}:/usr/lib/postgresql/17/bin/pg_dump:ro`);

  const run = await withTaskFault(world.stage, fault, () => world.backup(["app-db"]));

  expect(run.execution.cause).toMatch(/app-db: PreflightFailed: The server is PostgreSQL 17 .* pg_dump 15\.14/);
  expect(await artifactsIn(run)).toEqual([]);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "app-db", backupId: run.backupId }] });
});

it("S13 fails a server whole when one of its databases is closed, and keeps and verifies the other source", async () => {
  const watch = await watchStage(world);
  const { container } = world.stage.sources["app-db"];
  await sql(
    container,
    "postgres",
    "ALTER DATABASE compliance OWNER TO postgres; REVOKE CONNECT ON DATABASE compliance FROM holdfast_backup",
  );

  const run = await world
    .backup(["app-db", "sessions"])
    .finally(() =>
      sql(
        container,
        "postgres",
        "ALTER DATABASE compliance OWNER TO reports_owner; GRANT CONNECT ON DATABASE compliance TO holdfast_backup",
      ),
    );
  const verification = await world.client.endedNamed("verify", run.backupId);

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/^app-db: PreflightFailed: .*"compliance"/);
  expect(verification.status).toBe("SUCCEEDED");
  const manifest = await world.manifest(run.backupId);
  expect(manifest.outcome).toBe("PARTIAL");
  expect(Object.keys(manifest.components)).toEqual(["sessions"]);
  expect(manifest.failed["app-db"]).toContain("compliance");
  await watch.expectInvariants({
    failed: [run.execution],
    notGood: [{ source: "app-db", backupId: run.backupId }],
    latest: { sessions: run.backupId },
  });
});

/** `end` comes when the second part is on its way, and S3 has not got it. */
async function whileUploading(
  source: SourceName,
  artifact: string,
  end: (task: string, executionArn: string) => Promise<void>,
): Promise<Run> {
  const isUploading = Promise.withResolvers<void>();
  const hasEnded = Promise.withResolvers<void>();
  const { result } = await world.throughProxy(
    ({ operation, key, partNumber }) => {
      if (operation !== "UploadPart" || !key.endsWith(artifact) || partNumber !== 2) return undefined;
      isUploading.resolve();
      return { hold: hasEnded.promise };
    },
    async () => {
      const { backupId, arn } = await world.startBackup([source]);
      await within(isUploading.promise);
      await end(await theRunningTask(), arn);
      hasEnded.resolve();
      return { backupId, execution: await world.client.ended(arn) };
    },
  );
  return result;
}

async function artifactsIn({ backupId }: Run): Promise<string[]> {
  const found: string[] = [];
  for await (const key of world.client.repository.list(`${world.stage.stage}/${backupId}/`)) found.push(key);
  return found;
}
