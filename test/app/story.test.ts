import { expect, it } from "vitest";
import { commands } from "#adapters/commands/commands.ts";
import { zstdAndGpg } from "#adapters/commands/sealing.ts";
import { structuredLog } from "#adapters/log.ts";
import { surroundings } from "#adapters/surroundings.ts";
import { announce } from "#app/announce.ts";
import { checkBackup } from "#app/check-backup.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { planBackup } from "#app/plan-backup.ts";
import { planVerify } from "#app/plan-verify.ts";
import { recordProofs } from "#app/record-proofs.ts";
import { runTask } from "#app/run-task.ts";
import { safetySources } from "#engines/descriptions.ts";
import { logLines } from "../support/log-lines.ts";
import { aBackup, aPlan, capture, layout, type MemoryWorld, memoryWorld } from "../support/memory-world.ts";

/** A function or a task of its own, with its own logger, as each of them is a process of its own. */
const own = (world: MemoryWorld) => ({ ...world.ports, log: structuredLog("test") });
const never = async () => {
  throw new Error("not in this story");
};

/** The worker without a single engine: its tasks begin, and fail. */
const failingTask = (world: MemoryWorld) =>
  runTask({
    ...{ ...own(world), engines: {}, uploads: { begin: never }, keys: { generate: never, unwrap: never } },
    ...{ sealing: zstdAndGpg(), secrets: { read: never }, commands: commands("/"), workDir: "/" },
    ...{ probes: { uploads: { begin: never }, keys: { generate: never, unwrap: never }, secrets: { read: never } } },
    ...{ surroundings: surroundings(), giveUpRoot: () => {} },
  });

async function aRunOfWhichSessionsFails(world: MemoryWorld) {
  const input = { backup: "nightly", scheduledTime: "2026-02-23T02:00:00Z" };
  const started = { id: "arn:one", startTime: "2026-02-23T02:00:03.123Z" };
  const { sourceIds, backupId } = await planBackup({ ...own(world), plan: aPlan, escrow: null, safetySources })({
    input,
    execution: started,
  });
  const inputKey = layout.taskInput(backupId, "sessions");
  await failingTask(world)({ inputKey, attempt: "0", signal: new AbortController().signal });
  const sessions = { source: "sessions", failure: { Error: "States.TaskFailed" } };
  await commitBackup(own(world))({ backupId, sources: sourceIds, captures: [capture(world, "app-db"), sessions] });
  const manifest = { bucket: "the-bucket", key: layout.manifest(backupId) };
  await checkBackup({ ...own(world), verifyMachine: "arn:verify" })(manifest);
  const planned = await planVerify(own(world))({ input: { backupId }, execution: { name: backupId } });
  const outcome = { succeeded: true, task: "app-db", attempt: 0, finishedAt: "2026-02-23T02:01:00.000Z" };
  world.objects.set(
    layout.outcome(planned.runId, "app-db", 0),
    new TextEncoder().encode(JSON.stringify({ ...outcome, quarantine: [], bytesRead: 15 })),
  );
  const verified = [{ source: "app-db", task: { exitCodes: [0] } }];
  await recordProofs(own(world))({ ...planned, sources: ["app-db"], verified });
  for (const happening of world.happened) await announce(own(world))({ happening, requestId: "a" });
}

it("tells the story of a run in order, in lines that all carry the backup's id", async () => {
  const lines = await logLines(() => aRunOfWhichSessionsFails(memoryWorld()));

  expect(lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
    `INFO ${aBackup}: to be captured`,
    "INFO capture sessions: begun",
    "ERROR capture sessions: failed",
    `ERROR ${aBackup}: not captured`,
    `INFO ${aBackup}: committed, PARTIAL`,
    `INFO ${aBackup} is whole`,
    `INFO ${aBackup}: to be read back`,
    "INFO app-db: verified",
    "INFO BackupCommitted: told",
    "INFO PointVerified: told",
  ]);
  expect(new Set(lines.map(({ correlation_id }) => correlation_id))).toEqual(new Set([aBackup]));
});

it("gives a verification to the story of its backup, and a restore to its own", async () => {
  const world = memoryWorld();
  const task = { task: "app-db", source: "app-db", engine: "none", backupId: aBackup };
  const restoreId = "2026-02-23-134207-k3x9";
  const restore = { restoreId, target: "staging-db", section: {}, options: {}, fingerprint: "server 1" };
  const inputs = [
    { verb: "verify", runId: `verify-${aBackup}`, ...task },
    { verb: "restore", runId: restoreId, ...task, ...restore },
  ];

  const stories: unknown[] = [];
  for (const [index, input] of inputs.entries()) {
    const inputKey = `input-${index}`;
    world.objects.set(inputKey, new TextEncoder().encode(JSON.stringify(input)));
    const call = { inputKey, attempt: "0", signal: new AbortController().signal };
    const lines = await logLines(() => failingTask(world)(call));
    stories.push(...new Set(lines.map(({ correlation_id }) => correlation_id)));
  }

  expect(stories).toEqual([aBackup, restoreId]);
});
