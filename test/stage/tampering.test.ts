import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { sha256 } from "#domain/hashes.ts";
import type { BackupId } from "#domain/ids.ts";
import { redis } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { watchStage } from "./support/invariants.ts";
import { whileEventsAreLost, whileManifestEventsAreLost } from "./support/manifest-events.ts";
import { type Tampering, tampering } from "./support/tampering.ts";
import { openWorld, type World } from "./support/world.ts";

const TOLD_WITHIN_MS = 60_000;

let world: World;
let hand: Tampering;

beforeAll(async () => {
  world = await openWorld();
  await resetFleet(["staging-redis"]);
  await world.haveLatest();
});
beforeEach(async () => {
  await world.client.clearMessages();
  hand = await tampering(world);
});
afterEach(() => hand.undo());
afterAll(() => world.client.clearMessages());

/** Its objects have never been tampered with: the same problem of the same hour is told once. */
const freshBackup = () => world.goodBackup(["sessions"]);
const artifactOf = async (backupId: BackupId) =>
  (await world.manifest(backupId)).components["sessions"]?.artifacts[0]?.key ?? "";
const alarmWith = (...texts: string[]) =>
  world.client.message(
    (text, channel) =>
      channel === "slack" && text.includes("RepositoryTampered") && texts.every((wanted) => text.includes(wanted)),
    TOLD_WITHIN_MS,
  );
const restore = (backupId: BackupId) =>
  world.client.run("restore", { source: "sessions", backupId, confirm: "staging-redis" });

it("R7 restores the first version of an artifact that was written over, and tells who did it and what brings it back", async () => {
  const backupId = await freshBackup();
  const key = await artifactOf(backupId);
  const watch = await watchStage(world);

  const version = await hand.put(key, "ransom note");
  await alarmWith(`${key} was written over`, "PutObject", `--version-id ${version}`);
  const restored = await restore(backupId);

  expect(restored.cause).toBe("");
  expect(restored.status).toBe("SUCCEEDED");
  await watch.expectInvariants();
});

it("R6 restores from a repository in which everything is hidden by delete markers, and raises the alarm", async () => {
  const backupId = await freshBackup();
  const digest = await redis(world.stage, "sessions", "DEBUG", "DIGEST");
  const keys: string[] = [];
  for await (const key of world.client.repository.list(`${world.stage.stage}/`))
    if (key.includes(backupId)) keys.push(key);

  for (const key of keys) await hand.hide(key);
  await alarmWith(backupId, "is hidden by a delete marker", "DeleteObject");
  const restored = await restore(backupId);

  expect(keys.length).toBeGreaterThan(8);
  expect(restored.cause).toBe("");
  expect(restored.status).toBe("SUCCEEDED");
  expect(await redis(world.stage, "staging-redis", "DEBUG", "DIGEST")).toBe(digest);
});

it("R3 quarantines points whose artifacts, both valid, stand in each other's place, and one that was rolled back", async () => {
  const [older, newer] = await whileManifestEventsAreLost(world, async () => [
    (await world.backup(["sessions"])).backupId,
    (await world.backup(["sessions"])).backupId,
  ]);
  if (!older || !newer) throw new Error("no backups");
  const [olderKey, newerKey] = [await artifactOf(older), await artifactOf(newer)];
  const [olderBytes, newerBytes] = [await hand.read(olderKey), await hand.read(newerKey)];
  await hand.change(olderKey, () => newerBytes);
  await hand.change(newerKey, () => olderBytes);
  const watch = await watchStage(world);

  const verifications = [
    await world.client.run("verify", { backupId: older }),
    await world.client.run("verify", { backupId: newer }),
  ];

  expect(sha256(olderBytes)).not.toBe(sha256(newerBytes));
  for (const { cause } of verifications) expect(cause).toMatch(/^sessions: QUARANTINED, ChecksumMismatch: /);
  await watch.expectInvariants({
    failed: verifications,
    notGood: [older, newer].map((backupId) => ({ source: "sessions" as const, backupId })),
  });
});

it.each([
  {
    what: "O7 a key that looks encoded, and is read as it stands",
    key: (stage: string) => `${stage}/a+b %2e%2e%2f é.txt`,
  },
  { what: "a key that is none of holdfast's", key: (stage: string) => `${stage}/HOW-TO-GET-YOUR-DATA-BACK.txt` },
  {
    what: "an artifact of a backup that no run has claimed",
    key: (stage: string) => `${stage}/2020-01-01-000000-nightly/sessions-2020-01-01-000000-nightly.0.001.rdb.zst.gpg`,
  },
])("raises an alarm for $what, and nothing takes it for a point", async ({ key: keyIn }) => {
  const key = keyIn(world.stage.stage);
  const watch = await watchStage(world);

  await hand.put(key, "stranger");
  await alarmWith(key, "PutObject");

  await watch.expectInvariants();
});

it("O6 the sweep finds tampering whose event was lost, and starts the verification of a backup whose event was lost", async () => {
  const tampered = await freshBackup();
  const key = await artifactOf(tampered);
  await whileEventsAreLost(world, "Object Deleted", () => hand.put(key, "ransom note"));
  const lost = await whileManifestEventsAreLost(world, () => world.backup(["sessions"]));

  const answer = await world.client.invoke("sweep-repository", { lostAfterMinutes: 0 });
  const verification = await world.client.endedNamed("verify", lost.backupId);

  expect(answer).toMatchObject({
    verdict: expect.stringContaining("was tampered with"),
    figures: { checkedLate: expect.arrayContaining([lost.backupId]) },
  });
  await alarmWith(`${key} was written over`);
  expect(verification.status).toBe("SUCCEEDED");
});
