import { expect, it } from "vitest";
import { slackMessage } from "#adapters/slack.ts";
import { announce } from "#app/announce.ts";
import { createSigned } from "#app/signed-objects.ts";
import { tellProgress } from "#app/tell-progress.ts";
import type { Announcement } from "#domain/announcement.ts";
import { restoreIdOf } from "#domain/ids.ts";
import { aBackup, layout, type MemoryWorld, memoryWorld } from "../support/memory-world.ts";

const startDate = Date.parse("2026-02-23T02:50:00.417Z");
const restore = {
  executionArn: "arn:aws:states:us-east-1:0:execution:holdfast-test-restore:by-hand-1",
  stateMachineArn: "arn:aws:states:us-east-1:0:stateMachine:holdfast-test-restore",
  name: "by-hand-1",
  startDate,
  input: JSON.stringify({ source: "app-db", target: "app-db-live", requestedBy: "<!channel>" }),
};
const restoreId = restoreIdOf(restore.executionArn, new Date(startDate));
const failed = { ...restore, status: "FAILED" as const, error: "RestoreFailed", cause: "app-db: Interrupted: stopped" };
const safety = {
  ...failed,
  executionArn: failed.executionArn.replace("restore", "backup"),
  stateMachineArn: failed.stateMachineArn.replace("restore", "backup"),
  status: "ABORTED" as const,
  input: JSON.stringify({ safetyFor: restoreId, target: "app-db-live", holds: ["app"] }),
};
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

async function cancelled(world: MemoryWorld) {
  const key = layout.cancelled(restoreId);
  const body = JSON.stringify({
    ...{ schema: 1, restoreId, source: "app-db", target: "app-db-live", because: "the wrong night was chosen" },
    ...{ requestedBy: { claimed: "me", call: "1" }, cancelledAt: "2026-02-23T03:00:00.000Z", at: "load, 43 %" },
  });
  await createSigned(world.ports, key, (hash) => layout.proofSignature(key, hash), body);
  return key;
}

it("X9 I3 tells once that a restore was cancelled, by whom and why, and of nothing of it that failed", async () => {
  const world = memoryWorld();
  await cancelled(world);
  const tell = announce(world.ports);

  for (const requestId of ["a", "b"]) {
    await tell({ execution: failed, requestId });
    await tell({ execution: safety, requestId });
  }

  expect(world.told).toMatchObject([
    {
      code: "RestoreCancelled",
      severity: "warning",
      happened: ["By me, because: the wrong night was chosen"],
      restore: { restoreId, is: "ended" },
    },
  ]);
  expect(world.measured).toEqual([]);
});

it("X9 still alarms where the cancellation is not signed by us", async () => {
  const world = memoryWorld();
  const key = await cancelled(world);
  world.objects.set(key, encode({ because: "a thief would like that" }));

  await announce(world.ports)({ execution: failed, requestId: "a" });
  await announce(world.ports)({ execution: safety, requestId: "a" });

  expect(world.told.map(({ code }) => code)).toEqual(["RestoreFailed", "BackupFailed"]);
});

it("N10 tells who has begun a restore and how to stop it, and nobody's name becomes a mention", async () => {
  const world = memoryWorld();

  for (const requestId of ["a", "b"])
    await announce(world.ports)({ begun: { ...restore, status: "RUNNING" as const }, requestId });

  expect(world.told).toMatchObject([
    {
      code: "RestoreStarted",
      severity: "info",
      happened: ["Asked for by <!channel>."],
      restore: { restoreId, is: "begun" },
    },
  ]);
  const [begun] = world.told;
  expect(begun?.next.command).toContain(`-f cancel-restore -d '{"restoreId":"${restoreId}","because":"…"}'`);
  expect(JSON.stringify(begun && slackMessage(begun))).not.toContain("<!channel>");
});

/** A restore that has written down how far it is, and a channel that can change its message. */
function restoring() {
  const world = memoryWorld();
  const shown: Announcement[] = [];
  const channel = {
    name: "bot",
    tell: async () => {},
    update: async (announcement: Announcement) => void shown.push(announcement),
  };
  const run = { verb: "inspect", runId: restoreId, task: "inspect-app-db", source: "app-db", engine: "postgresql" };
  const asked = { ...run, backupId: aBackup, target: "app-db-live", section: {}, options: {} };
  world.objects.set(layout.taskInput(restoreId, "inspect-app-db"), encode(asked));
  let number = 0;
  const write = (percent: number | null, phase = "load") => {
    const key = layout.progress(restoreId, "app-db", 0, ++number);
    const loadedAt = percent === null ? null : "2026-02-23T03:05:00.000Z";
    const progress = {
      phase,
      bytes: percent ?? 100,
      totalBytes: 100,
      percent,
      loadedAt,
      at: "2026-02-23T03:00:00.000Z",
    };
    world.objects.set(key, encode(progress));
    return key;
  };
  const tell = tellProgress({ ...world.ports, channels: [channel] });
  return { world, shown, write, tell };
}

it("shows how far a restore is once for each tenth and phase, however many notes there are and however often their events come", async () => {
  const { shown, write, tell } = restoring();

  for (let percent = 0; percent < 100; percent++) {
    const key = write(percent);
    await Promise.all([tell(key), tell(key)]);
  }
  await tell(write(null, "compare"));
  await tell(write(null, "swap"));

  expect(shown).toHaveLength(12);
  expect(shown[4]).toMatchObject({
    title: "Restoring app-db into app-db-live: load, 40 %",
    happened: ["████████░░░░░░░░░░░░ 40 %"],
    restore: { restoreId, is: "under way" },
  });
  expect(shown[4]?.figures).toContainEqual({ label: "loaded at about", value: "2026-02-23T03:05:00.000Z (in 5m)" });
  expect(shown[4]?.next.command).toContain("cancel-restore");
  expect(shown.at(-1)?.next.command).not.toContain("cancel-restore");
});

it("shows the newest note when an older one's event comes late, and nothing after the end", async () => {
  const { world, shown, write, tell } = restoring();
  const older = write(10);
  write(55);

  await tell(older);
  world.objects.set(layout.taskInput(restoreId, "app-db"), encode(aRestoreTask));
  world.objects.set(layout.outcome(restoreId, "app-db", 0), encode({}));
  const late = await tell(write(70));

  expect(shown.map(({ title }) => title)).toEqual(["Restoring app-db into app-db-live: load, 55 %"]);
  expect(late).toEqual({ told: false });
});
const aRestoreTask = {
  ...{ verb: "restore", runId: restoreId, task: "app-db", source: "app-db", engine: "postgresql", backupId: aBackup },
  ...{ restoreId, target: "app-db-live", section: {}, options: {}, fingerprint: "server 1" },
};

it("does not fail where progress can't be shown: the next step shows more", async () => {
  const { world, write } = restoring();
  const channel = { name: "bot", tell: async () => {}, update: () => Promise.reject(new Error("ratelimited")) };

  const answer = await tellProgress({ ...world.ports, channels: [channel] })(write(10));

  expect(answer).toEqual({ told: false });
  expect(world.lines).toEqual(["progress could not be shown"]);
});

it("leaves notes alone that are no restore's of this stage, and channels that can't change a message", async () => {
  const { world, shown, write, tell } = restoring();
  const key = write(10);

  await tell(key.replace("test/", "prod/"));
  await tell(key.replace(restoreId, "by-hand-1"));
  await tellProgress(world.ports)(key);

  expect([shown, world.told]).toEqual([[], []]);
});
