import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { scheduledBackupId } from "#domain/ids.ts";
import { watchStage } from "./support/invariants.ts";
import type { Script } from "./support/s3-fault-proxy.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await world.haveLatest();
});
afterAll(() => world.client.clearMessages());

const isPart =
  (number: number) =>
  ({ operation, partNumber }: Parameters<Script>[0]) =>
    operation === "UploadPart" && partNumber === number;

const isCompletion = ({ operation }: Parameters<Script>[0]) => operation === "CompleteMultipartUpload";

it("U1 makes a whole point although every second call gets a 503, a 500 or a 429 at first", async () => {
  const watch = await watchStage(world);
  const answers = [
    { answer: 503, code: "SlowDown" },
    { answer: 500, code: "InternalError" },
    { answer: 429, code: "TooManyRequests" },
  ];
  let asked = 0;
  const script: Script = ({ occurrence }) =>
    occurrence === 1 && ++asked % 2 === 0 ? answers[asked % answers.length] : undefined;

  const { result: run } = await world.throughProxy(script, () => world.backup(["sessions"]));
  const verification = await world.client.endedNamed("verify", run.backupId);

  expect(run.execution.status).toBe("SUCCEEDED");
  expect(verification.status).toBe("SUCCEEDED");
  expect(asked).toBeGreaterThan(4);
  await watch.expectInvariants({ latest: { sessions: run.backupId } });
});

it("U3 aborts the upload when one part fails on every retry and all others are there", async () => {
  const watch = await watchStage(world);
  const isSecond = isPart(2);

  const { result: run, calls } = await world.throughProxy(
    (call) => (isSecond(call) ? { answer: 503, code: "ServiceUnavailable" } : undefined),
    () => world.backup(["sessions"]),
  );

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/sessions: UploadFailed: Part 2 of /);
  expect(calls.filter(isSecond).length).toBeGreaterThan(1);
  expect(calls.map(({ operation }) => operation)).not.toContain("CompleteMultipartUpload");
  expect(await world.hasManifest(run.backupId)).toBe(false);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "sessions", backupId: run.backupId }] });
});

it("U5 takes no 200 for a success that has an error in its body: sent again, and one object is there", async () => {
  const watch = await watchStage(world);

  const { result: run, calls } = await world.throughProxy(
    (call) => (isCompletion(call) && call.occurrence === 1 ? { answer: 200, code: "InternalError" } : undefined),
    () => world.backup(["sessions"]),
  );
  const verification = await world.client.endedNamed("verify", run.backupId);

  expect(calls.filter(isCompletion)).toHaveLength(2);
  expect(run.execution.status, run.execution.cause).toBe("SUCCEEDED");
  expect(verification.status).toBe("SUCCEEDED");
  expect((await watch.versionsSince()).filter((version) => version.includes(".rdb.zst.gpg"))).toHaveLength(1);
  await watch.expectInvariants({ latest: { sessions: run.backupId } });
});

it("U5 fails the run when every 200 has an error in its body", async () => {
  const watch = await watchStage(world);

  const { result: run } = await world.throughProxy(
    (call) => (isCompletion(call) ? { answer: 200, code: "InternalError" } : undefined),
    () => world.backup(["sessions"]),
  );

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/sessions: UploadFailed: .* could not be completed/);
  expect((await watch.versionsSince()).filter((version) => version.includes(".rdb.zst.gpg"))).toEqual([]);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "sessions", backupId: run.backupId }] });
});

it("U6 knows its own object again when the reply to CompleteMultipartUpload is lost", async () => {
  const watch = await watchStage(world);

  const { result: run, calls } = await world.throughProxy(
    ({ operation, occurrence }) =>
      operation === "CompleteMultipartUpload" && occurrence === 1 ? { loseReply: true } : undefined,
    () => world.backup(["sessions"]),
  );
  const verification = await world.client.endedNamed("verify", run.backupId);

  expect(calls.filter(({ operation }) => operation === "CompleteMultipartUpload").length).toBeGreaterThan(1);
  expect(run.execution.status).toBe("SUCCEEDED");
  expect(verification.status).toBe("SUCCEEDED");
  const versions = [...(await watch.versionsSince())].filter((version) => version.includes(".rdb.zst.gpg"));
  expect(versions).toHaveLength(1);
  await watch.expectInvariants({ latest: { sessions: run.backupId } });
});

it("U7 sends a part again whose byte was flipped on the way, and stores the right ones", async () => {
  const watch = await watchStage(world);
  const isFirst = isPart(1);

  const { result: run, calls } = await world.throughProxy(
    (call) => (isFirst(call) && call.occurrence === 1 ? { flipByte: 4_000_000 } : undefined),
    () => world.backup(["sessions"]),
  );
  const verification = await world.client.endedNamed("verify", run.backupId);

  expect(calls.filter(isFirst).length).toBeGreaterThan(1);
  expect(run.execution.status).toBe("SUCCEEDED");
  expect(verification.status).toBe("SUCCEEDED");
  await watch.expectInvariants({ latest: { sessions: run.backupId } });
});

it("U7 fails the run when a byte is flipped on every try", async () => {
  const watch = await watchStage(world);
  const isFirst = isPart(1);

  const { result: run } = await world.throughProxy(
    (call) => (isFirst(call) ? { flipByte: 0 } : undefined),
    () => world.backup(["sessions"]),
  );

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toMatch(/sessions: UploadFailed: Part 1 of /);
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "sessions", backupId: run.backupId }] });
});

it.each([
  { what: "an artifact", keyOf: (id: string) => `local/${id}/sessions-${id}.0.001.rdb.zst.gpg` },
  { what: "a data key", keyOf: (id: string) => `local/keys/${id}.sessions.0/1.json` },
])("U13 overwrites nothing where the key of $what is taken already", async ({ keyOf }) => {
  const at = new Date(Math.floor(Date.now() / 1_000) * 1_000 - 3_600_000 - Math.floor(Math.random() * 1e6) * 1_000);
  const key = keyOf(scheduledBackupId("nightly", at));
  const { s3, bucket } = world.client;
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: "it was here first" }));
  const watch = await watchStage(world);

  const run = await world.backup(["sessions"], at);

  expect(run.execution).toMatchObject({ status: "FAILED", error: "BackupFailed" });
  expect(run.execution.cause).toContain("sessions: AlreadyCommitted");
  expect(new TextDecoder().decode(await world.client.repository.read(key))).toBe("it was here first");
  await watch.expectInvariants({ failed: [run.execution], notGood: [{ source: "sessions", backupId: run.backupId }] });
});
