import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Artifact } from "#domain/artifact.ts";
import type { BackupId } from "#domain/ids.ts";
import { redis } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { watchStage } from "./support/invariants.ts";
import { manifestEvent, whileManifestEventsAreLost } from "./support/manifest-events.ts";
import { flip, type Tampering, tampering } from "./support/tampering.ts";
import { openWorld, type SourceName, type World } from "./support/world.ts";

let world: World;
/** Committed, never verified: its event was lost. */
let backupId: BackupId;
let artifact: Artifact;
let hand: Tampering;

beforeAll(async () => {
  world = await openWorld();
  await resetFleet(["staging-redis"]);
  await world.haveLatest();
  const run = await whileManifestEventsAreLost(world, () => world.backup(["sessions"]));
  backupId = run.backupId;
  const [only] = (await world.manifest(backupId)).components["sessions"]?.artifacts ?? [];
  if (!only || only.parts.length < 2) throw new Error("parts can only be swapped where there are two");
  artifact = only;
});
beforeEach(async () => {
  hand = await tampering(world);
});
afterEach(() => hand.undo());
afterAll(() => world.client.clearMessages());

const firstPart = () => artifact.parts[0]?.bytes ?? 0;
const changes = [
  { id: "R1", what: "its first byte flipped", change: flip(() => 0) },
  { id: "R1", what: "a byte in its middle flipped", change: flip(({ length }) => Math.floor(length / 2)) },
  { id: "R1", what: "its last byte flipped", change: flip(({ length }) => length - 1) },
  { id: "R2", what: "been cut at a part's end", change: (bytes: Buffer) => bytes.subarray(0, firstPart()) },
  { id: "R2", what: "been cut by one byte", change: (bytes: Buffer) => bytes.subarray(0, -1) },
  {
    id: "R2",
    what: "its parts swapped",
    change: (bytes: Buffer) => Buffer.concat([bytes.subarray(firstPart()), bytes.subarray(0, firstPart())]),
  },
];

it.each(changes)("$id quarantines a point whose artifact has $what, and restores it nowhere", async ({ change }) => {
  await hand.change(artifact.key, change);
  const watch = await watchStage(world);

  const verification = await world.client.run("verify", { backupId });

  expect(verification).toMatchObject({ status: "FAILED", error: "VerifyFailed" });
  expect(verification.cause).toMatch(/^sessions: QUARANTINED, ChecksumMismatch: /);
  expect(await refusalOf(backupId)).toContain("NoSuchPoint");
  await watch.expectInvariants({ failed: [verification], notGood: [{ source: "sessions", backupId }] });
});

it("R1 quarantines a tree of files of whose tar one byte flipped, and restores it nowhere", async () => {
  const tree = (await whileManifestEventsAreLost(world, () => world.backup(["uploads"]))).backupId;
  const [tar] = (await world.manifest(tree)).components["uploads"]?.artifacts ?? [];
  await hand.change(
    tar?.key ?? "",
    flip(({ length }) => Math.floor(length / 2)),
  );
  const watch = await watchStage(world);

  const verification = await world.client.run("verify", { backupId: tree });

  expect(verification).toMatchObject({ status: "FAILED", error: "VerifyFailed" });
  expect(verification.cause).toMatch(/^uploads: QUARANTINED, ChecksumMismatch: /);
  expect(await refusalOf(tree, "uploads")).toContain("NoSuchPoint");
  await watch.expectInvariants({ failed: [verification], notGood: [{ source: "uploads", backupId: tree }] });
});

it("R2 quarantines within seconds, from S3's own figures, when something is appended to an artifact", async () => {
  await hand.change(artifact.key, (bytes) => Buffer.concat([bytes, Buffer.from("more")]));
  const watch = await watchStage(world);

  const checked = await world.client.invoke("check-backup", manifestEvent(world, backupId));
  const verification = await world.client.endedNamed("verify", backupId);

  expect(checked).toMatchObject({
    verify: "started",
    wrong: { sessions: expect.arrayContaining([expect.stringMatching(/^ChecksumMismatch: .* has \d+ bytes/)]) },
  });
  expect(verification.status).toBe("FAILED");
  expect(verification.cause).toMatch(/^sessions: QUARANTINED, ChecksumMismatch: /);
  await watch.expectInvariants({ failed: [verification], notGood: [{ source: "sessions", backupId }] });
});

it("R5 quarantines a point whose artifact is gone", async () => {
  await hand.remove(artifact.key);
  const watch = await watchStage(world);

  const verification = await world.client.run("verify", { backupId });

  expect(verification).toMatchObject({ status: "FAILED", error: "VerifyFailed" });
  expect(verification.cause).toMatch(/^sessions: QUARANTINED, ArtifactMissing: /);
  await watch.expectInvariants({ failed: [verification], notGood: [{ source: "sessions", backupId }] });
});

it("R1 refuses a verified point whose bytes changed since, and leaves the target as it was", async () => {
  const verified = await world.client.run("verify", { backupId });
  expect(verified.status).toBe("SUCCEEDED");
  await redis(world.stage, "staging-redis", "SET", "old", "state"); // an empty target would not show that it was emptied
  const digest = await redis(world.stage, "staging-redis", "DEBUG", "DIGEST");
  await hand.change(
    artifact.key,
    flip(({ length }) => length - 1),
  );
  const watch = await watchStage(world);

  const restore = await world.client.run("restore", {
    ...{ source: "sessions", backupId, confirm: "staging-redis" },
    ...{ safety: "none", because: "the old state is looked at below" },
  });

  expect(restore).toMatchObject({ status: "FAILED" });
  expect(restore.cause).toContain("ChecksumMismatch");
  expect(await redis(world.stage, "staging-redis", "DEBUG", "DIGEST")).toBe(digest);
  await watch.expectInvariants({ failed: [restore] });
});

it("R8 says WrongKey, and lets no plaintext out, when the data key is another's or its context is changed", async () => {
  const key = world.layout.wrappedKey((await world.manifest(backupId)).components["sessions"]?.keyId ?? "", 1);
  await hand.change(key, (bytes) => {
    const wrapped = JSON.parse(bytes.toString());
    return JSON.stringify({ ...wrapped, context: { ...wrapped.context, source: "app-db" } });
  });
  const watch = await watchStage(world);

  const verification = await world.client.run("verify", { backupId });

  expect(verification.status).toBe("FAILED");
  expect(verification.cause).toMatch(/^sessions: QUARANTINED, WrongKey: /);
  await watch.expectInvariants({ failed: [verification], notGood: [{ source: "sessions", backupId }] });
});

/** A restore into staging, asked for by name. */
async function refusalOf(id: BackupId, source: SourceName = "sessions"): Promise<string> {
  const execution = { id: "arn:x", name: "by-hand", startTime: new Date().toISOString() };
  const input = { source, backupId: id };
  return world.client.invoke("plan-restore", { input, execution }).then(
    () => "not refused",
    (error: Error) => `${error.name}: ${error.message}`,
  );
}
