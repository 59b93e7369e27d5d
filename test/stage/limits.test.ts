import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { withTaskFault } from "#local/demo/faults.ts";
import { redis } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { exitCodeOf, podman, stop } from "#local/podman.ts";
import { stageFiles } from "#local/stage-layout.ts";
import { deployAnotherVersion } from "./support/deployment.ts";
import { watchStage } from "./support/invariants.ts";
import { sweepAsTheLifecycleRuleDoes } from "./support/lifecycle.ts";
import { type Script, startS3FaultProxy } from "./support/s3-fault-proxy.ts";
import { theRunningTask } from "./support/task-containers.ts";
import { within } from "./support/within.ts";
import { openWorld, type World } from "./support/world.ts";

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

it("U2 S4 fails the run, with one alarm and a word that says why, when S3 is gone for one source for good and the task of another has used up its memory", async () => {
  const watch = await watchStage(world);
  const begun = new Date();
  let isGone = false;
  await using proxy = await startS3FaultProxy((call) => {
    if (isPart("uploads", 1)(call)) return { silence: true }; // its task is at work for as long as it lives
    isGone ||= isPart("sessions", 2)(call);
    return isGone && /[/.]sessions[-./]/.test(call.key) ? { answer: 503, code: "ServiceUnavailable" } : undefined;
  });

  const run = await withTaskFault(world.stage, usingUpMemory("uploads", proxy.urlForTasks), () =>
    world.backup(["sessions", "uploads"]),
  );
  const calls = proxy.calls.filter(isPart("sessions", 2));
  const logged = (await world.client.logLines("/holdfast/local/tasks", begun)).filter((line) =>
    line.includes(run.backupId),
  );

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/^sessions: TaskFailed: States.TaskFailed .*"ExitCode": 1\b/m);
  expect(run.execution.cause).toMatch(/^uploads: TaskFailed: .*137.*its memory was used up \(OOM\)$/m);
  expect(calls).toHaveLength(TRIES);
  expect(logged.some((line) => /UploadFailed.*Part 2 of .*sessions-/.test(line))).toBe(true);
  expect(await world.hasManifest(run.backupId)).toBe(false);
  expect((await watch.versionsSince()).filter((version) => version.includes(".zst.gpg "))).toEqual([]);
  await sweepAsTheLifecycleRuleDoes(world, run.backupId);
  const notGood = ["sessions", "uploads"].map((source) => ({ source, backupId: run.backupId }));
  await watch.expectInvariants({ failed: [run.execution], notGood });
});

it("U4 makes the whole point through a connection that is cut, one that falls silent and one that crawls, and fails in time the source whose every connection is cut", async () => {
  const watch = await watchStage(world);
  const once: [ReturnType<typeof isPart>, ReturnType<Script>][] = [
    [isPart("sessions", 1), { resetAfter: 1_000_000 }],
    [isPart("sessions", 2), { silence: true }],
    [isPart("sessions", 3), { crawl: { bytesPerSecond: 10_000, forMs: 20_000 } }],
  ];

  const { result: run, calls } = await world.throughProxy(
    (call) => {
      if (isPart("uploads", 1)(call)) return { resetAfter: 100_000 };
      return call.occurrence === 1 ? once.find(([isIt]) => isIt(call))?.[1] : undefined;
    },
    async () => {
      const { backupId, arn } = await world.startBackup(["sessions", "uploads"]);
      return { backupId, execution: await world.client.ended(arn, 90_000) };
    },
  );
  const verification = await world.client.endedNamed("verify", run.backupId);

  const tries = once.slice(0, 2).map(([isIt]) => calls.filter(isIt).length);
  expect(tries).toEqual([2, 2]);
  expect(calls.filter(once[2]?.[0] ?? (() => false)).length).toBeGreaterThan(0);
  expect(calls.filter(isPart("uploads", 1))).toHaveLength(TRIES);
  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/^uploads: UploadFailed: Part 1 of /);
  expect(run.execution.cause).not.toContain("sessions:");
  expect(verification.status, verification.cause).toBe("SUCCEEDED");
  await watch.expectInvariants({
    failed: [run.execution],
    notGood: [{ source: "uploads", backupId: run.backupId }],
    latest: { sessions: run.backupId },
  });
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
      await sleep(10_000); // the fault's own length: what is tried meanwhile meets nobody
    } finally {
      process.kill(emulator, "SIGCONT");
    }
    return { backupId, execution: await world.client.ended(arn) };
  });
  const verification = await world.client.endedNamed("verify", run.backupId);

  expect(run.execution.status, run.execution.cause).toBe("SUCCEEDED");
  expect(verification.status, verification.cause).toBe("SUCCEEDED");
  await watch.expectInvariants({ latest: { sessions: run.backupId } });
});

it("O12 lets a run that a deployment overtakes come to its point, and a second try of its capture begin with the revision that it knows", async () => {
  const watch = await watchStage(world);
  const second = holdOnce(isPart("sessions", 2));

  const { result: run } = await world.throughProxy(second.script, async () => {
    const { backupId, arn } = await world.startBackup(["sessions"]);
    await within(second.begun);
    const { rollBack } = await deployAnotherVersion();
    try {
      await stop(await theRunningTask(), 30); // as a host that is retired
      second.release();
      return { backupId, execution: await world.client.ended(arn) };
    } finally {
      await rollBack();
    }
  });
  const verification = await world.client.endedNamed("verify", run.backupId);

  expect(run.execution.status, run.execution.cause).toBe("SUCCEEDED");
  const { components } = await world.manifest(run.backupId);
  expect(components["sessions"]?.keyId).toBe(`${run.backupId}.sessions.10`);
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
        return { task, next, zombie: await world.client.describe(zombie) };
      } finally {
        await podman(["unpause", task]);
        half.release();
      }
    },
    "restore",
  );
  const exitCode = await within(podman(["wait", result.task]));

  expect(result.zombie.status).toBe("ABORTED");
  expect(result.next.status, result.next.cause).toBe("SUCCEEDED");
  expect([exitCode, await exitCodeOf(result.task)]).toEqual(["1", 1]);
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

/** The task of one source takes memory until the kernel ends it, by the limit that its task definition sets. */
function usingUpMemory(source: string, endpoint: string) {
  const hoard = `if (process.env.TASK_INPUT_KEY.endsWith("/${source}.task.json")) setTimeout(() => {
    for (const all = []; ; ) all.push(Buffer.alloc(67108864, 1));
  }, 4000);`;
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(hoard)}`;
  return { environment: { AWS_ENDPOINT_URL_S3: endpoint, NODE_OPTIONS }, match: "capture" };
}

async function pidOfEmulator(): Promise<number> {
  const Processes = z.array(z.object({ name: z.string(), pid: z.number() }));
  const found = Processes.parse(JSON.parse(await readFile(stageFiles.processes, "utf8")));
  return found.find(({ name }) => name === "emulator")?.pid ?? Number.NaN;
}
