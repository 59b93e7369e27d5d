import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { withTaskFault } from "#local/demo/faults.ts";
import { redis } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { exitCodeOf, logsOf, podman, stop } from "#local/podman.ts";
import { stageFiles } from "#local/stage-layout.ts";
import { deployAnotherVersion } from "./support/deployment.ts";
import { watchStage } from "./support/invariants.ts";
import { sweepAsTheLifecycleRuleDoes } from "./support/lifecycle.ts";
import { type Script, startS3FaultProxy } from "./support/s3-fault-proxy.ts";
import { theRunningTask, theRunningTaskOf } from "./support/task-containers.ts";
import { within } from "./support/within.ts";
import { openWorld, sourceNames, type World } from "./support/world.ts";

/** Of the clients' `maxAttempts`. */
const TRIES = 5;

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.haveLatest();
});
afterAll(async () => {
  await resetFleet(["staging-redis"]);
  await world.client.clearMessages();
});

const isPart =
  (source: string, number: number) =>
  ({ operation, key, partNumber }: Parameters<Script>[0]) =>
    operation === "UploadPart" && partNumber === number && key.includes(`/${source}-`);

it("U2 S4 O1 fails a run, with one alarm and a word that says why, when S3 is gone for good for one source, the task of another has used up its memory, and the clock of a third is a day behind", async () => {
  const watch = await watchStage(world);
  const begun = new Date();
  let isGone = false;
  await using proxy = await startS3FaultProxy((call) => {
    if (isPart("uploads", 1)(call)) return { silence: true }; // its task is at work for as long as it lives
    isGone ||= isPart("sessions", 2)(call);
    return isGone && /[/.]sessions[-./]/.test(call.key) ? { answer: 503, code: "ServiceUnavailable" } : undefined;
  });

  const code = { uploads: TAKES_ALL_MEMORY, "app-db": IS_A_DAY_BEHIND };
  const run = await withTaskFault(world.stage, inTasks(code, proxy.urlForTasks), () => world.backup([...sourceNames]));
  const logged = (await world.client.logLines("/holdfast/local/tasks", begun)).filter((line) =>
    line.includes(run.backupId),
  );
  const artifacts = (await watch.versionsSince()).filter((version) => version.includes(".zst.gpg "));

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/^sessions: TaskFailed: States.TaskFailed .*"ExitCode": 1\b/m);
  expect(run.execution.cause).toMatch(/^uploads: TaskFailed: .*137.*its memory was used up \(OOM\)$/m);
  expect(run.execution.cause).toMatch(/^app-db: ClockJumped: it tells of startedAt /m);
  expect(proxy.calls.filter(isPart("sessions", 2))).toHaveLength(TRIES);
  expect(logged.some((line) => /UploadFailed.*Part 2 of .*sessions-/.test(line))).toBe(true);
  expect(await world.hasManifest(run.backupId)).toBe(false);
  expect(artifacts.filter((version) => !version.includes("/app-db-"))).toEqual([]);
  await sweepAsTheLifecycleRuleDoes(world, run.backupId);
  const notGood = sourceNames.map((source) => ({ source, backupId: run.backupId }));
  await watch.expectInvariants({ failed: [run.execution], notGood });
});

it("U4 O12 makes whole points through connections that are cut, crawl and fall silent, while a deployment overtakes the run and a capture begins once more with the revision that the run knows", async () => {
  const watch = await watchStage(world);
  const [first, second] = [isPart("sessions", 1), isPart("sessions", 2)];
  const overtaken = holdOnce(isPart("uploads", 1));
  const faults: Script = (call) => {
    if (first(call) && call.occurrence === 1) return { resetAfter: 1_000_000 };
    if (first(call) && call.occurrence === 2) return { crawl: { bytesPerSecond: 10_000, forMs: 20_000 } };
    if (second(call) && call.occurrence === 1) return { silence: true };
    return overtaken.script(call);
  };

  const { result: run, calls } = await world.throughProxy(faults, async () => {
    const { backupId, arn } = await world.startBackup(["sessions", "uploads"]);
    await within(overtaken.begun);
    const { rollBack } = await deployAnotherVersion(world);
    try {
      await stop(await theRunningTaskOf("uploads"), 30); // as a host that is retired
      overtaken.release();
      return { backupId, execution: await world.client.ended(arn, 120_000) };
    } finally {
      await rollBack();
    }
  });
  expect(run.execution.status, run.execution.cause).toBe("SUCCEEDED");
  const verification = await world.client.endedNamed("verify", run.backupId);

  expect([first, second].map((isIt) => calls.filter(isIt).length)).toEqual([2, 2]);
  const { components } = await world.manifest(run.backupId);
  expect(components["uploads"]?.keyId).toBe(`${run.backupId}.uploads.10`);
  expect(components["sessions"]?.keyId).toBe(`${run.backupId}.sessions.0`);
  expect(verification.status, verification.cause).toBe("SUCCEEDED");
  await watch.expectInvariants({ latest: { sessions: run.backupId, uploads: run.backupId } });
});

it("U14 goes on with a run, and verifies it, when the control plane and S3 have answered nobody for a while in its middle", async () => {
  const watch = await watchStage(world);
  const emulator = await pidOfEmulator();
  const second = holdOnce(isPart("sessions", 2));

  const { result: run } = await world.throughProxy(second.script, async () => {
    const { backupId, arn } = await world.startBackup(["sessions"]);
    await within(second.begun);
    process.kill(emulator, "SIGSTOP");
    try {
      second.release();
      await sleep(8_000); // the fault's own length: what is tried meanwhile meets nobody
    } finally {
      process.kill(emulator, "SIGCONT");
    }
    return { backupId, execution: await world.client.ended(arn) };
  });
  expect(run.execution.status, run.execution.cause).toBe("SUCCEEDED");
  const verification = await world.client.endedNamed("verify", run.backupId);

  expect(verification.status, verification.cause).toBe("SUCCEEDED");
  await watch.expectInvariants({ latest: { sessions: run.backupId } });
});

it("O4 swaps nothing in when a restore's task wakes that was asleep while its execution ended and another restore took over", async () => {
  await resetFleet(["staging-redis"]);
  const watch = await watchStage(world);
  const half = holdOnce(
    ({ operation, key }) => key.endsWith(".rdb.zst.gpg") && /^GetObject bytes=[1-9]/.test(operation),
  );
  const input = { source: "sessions", confirm: "staging-redis" };
  const unsafe = { safety: "none", because: "the target is looked at below" };

  const { result } = await world.throughProxy(
    half.script,
    async () => {
      const zombie = await world.client.start("restore", { ...input, ...unsafe });
      await within(half.begun);
      const task = await theRunningTask();
      await podman(["pause", task]);
      try {
        await world.client.sfn.send(new StopExecutionCommand({ executionArn: zombie }));
        const next = await world.client.run("restore", { ...input, ...unsafe });
        await redis(world.stage, "staging-redis", "SET", "written", "since");
        await podman(["unpause", task]);
        half.release();
        const exitCode = await within(podman(["wait", task]));
        return { task, next, exitCode, zombie: await world.client.describe(zombie) };
      } finally {
        half.release();
      }
    },
    "restore",
  );

  expect(result.zombie.status).toBe("ABORTED");
  expect(result.next.status, result.next.cause).toBe("SUCCEEDED");
  expect([result.exitCode, await exitCodeOf(result.task)]).toEqual(["1", 1]);
  expect(await logsOf(result.task)).toContain("TargetBusy");
  expect(await redis(world.stage, "staging-redis", "GET", "written")).toBe("since");
  await watch.expectInvariants({ failed: [result.zombie] });
});

/** What is held the first time, until it is released. */
function holdOnce(isIt: (call: Parameters<Script>[0]) => boolean) {
  const begun = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  let isHeld = false;
  const script: Script = (call) => {
    if (isHeld || !isIt(call)) return undefined;
    isHeld = true;
    begun.resolve();
    return { hold: released.promise };
  };
  return { script, begun: begun.promise, release: released.resolve };
}

/** Until the kernel ends it, by the limit that its task definition sets. */
const TAKES_ALL_MEMORY = `setTimeout(() => {
  for (const all = []; ; ) all.push(Buffer.alloc(67108864, 1));
}, 4000);`;

const IS_A_DAY_BEHIND = `const Right = Date;
  globalThis.Date = class extends Right {
    constructor(...given) { given.length === 0 ? super(Date.now()) : super(...given); }
    static now() { return Right.now() - 86400000; }
  };`;

/** Code that runs in the captures of these sources before the worker does, and where all of them find S3. */
function inTasks(code: Record<string, string>, endpoint: string) {
  const all = Object.entries(code).map(
    ([source, its]) => `if (process.env.TASK_INPUT_KEY.endsWith("/${source}.task.json")) { ${its} }`,
  );
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(all.join("\n"))}`;
  return { environment: { AWS_ENDPOINT_URL_S3: endpoint, NODE_OPTIONS }, match: "capture" };
}

async function pidOfEmulator(): Promise<number> {
  const Processes = z.array(z.object({ name: z.string(), pid: z.number() }));
  const found = Processes.parse(JSON.parse(await readFile(stageFiles.processes, "utf8")));
  return found.find(({ name }) => name === "emulator")?.pid ?? Number.NaN;
}
