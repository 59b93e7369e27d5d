import { DeleteObjectCommand, HeadObjectCommand, PutObjectLockConfigurationCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { findPoint } from "#app/open-point.ts";
import { HoldId } from "#domain/hold.ts";
import type { BackupId } from "#domain/ids.ts";
import { lookAtTree } from "#local/demo/tree-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { COPIED, otherRegion } from "./support/other-region.ts";
import { sweeperOfCopy } from "./support/sweeper-of-copy.ts";
import { tampering } from "./support/tampering.ts";
import { openWorld, type World } from "./support/world.ts";

const asked = { requestedBy: "the test", why: "test/stage/copies.test.ts" };
const ObjectLockConfiguration = { ObjectLockEnabled: "Enabled" } as const; // the emulator's CloudFormation does not hear it
const Held = z.looseObject({ figures: z.looseObject({ holdId: HoldId }) });
const Planned = z.looseObject({ plan: z.looseObject({ sources: z.array(z.unknown()) }) });
const Figures = z.looseObject({ figures: z.looseObject({ sources: z.array(z.unknown()) }) });

let world: World;
let there: ReturnType<typeof otherRegion>;
let backupId: BackupId;

beforeAll(async () => {
  world = await openWorld();
  there = otherRegion(world);
  await world.client.clearMessages();
  backupId = await there.copiedBackup();
});
afterAll(() => world.client.clearMessages());

it("AP-3 AP-6 AS-11 copies a point to the other region as soon as it is verified, and reads it back from there", async () => {
  const key = await there.artifactOf(backupId);

  const deep = await world.client.run("copy", { backupId, again: true, deep: true });

  expect(deep.cause).toBe("");
  expect((await there.proofs(backupId)).map(({ by, region }) => [by, region]).toSorted()).toEqual([
    ["bytes", "eu-central-1"],
    ["checksums", "eu-central-1"],
  ]);
  expect((await findPoint(there.catalog, backupId, COPIED)).proof).toBe("verified");
  const [here, copied] = await Promise.all([world.client.repository.head(key), there.repository.head(key)]);
  expect(copied).toMatchObject({ bytes: here?.bytes, compositeSha256: here?.compositeSha256 });
  expect(copied?.versionId).not.toBe(here?.versionId);
  const described = await world.client.invoke("describe-point", { source: COPIED, backupId });
  expect(described).toMatchObject({
    figures: { copies: expect.arrayContaining([expect.objectContaining({ copy: "offsite" })]) },
  });
  expect((await world.client.run("copy", { backupId })).output).toMatchObject({ run: { isNeeded: false } });
});

it("writes over nothing there, tells that the copy failed, and makes it anew when what stood in its place is gone", async () => {
  const undo = await there.replace(await there.artifactOf(backupId), "ransom note");

  const failed = await world.client.run("copy", { backupId, again: true });
  await world.client.message(
    (text, channel) => channel === "slack" && text.includes("CopyFailed") && text.includes(failed.arn),
  );
  await undo();
  const mended = await world.client.run("copy", { backupId, again: true });

  expect(failed).toMatchObject({ status: "FAILED", error: "CopyFailed" });
  expect(failed.cause).toContain(`${COPIED} of ${backupId} in offsite: AlreadyCommitted: `);
  expect(mended.cause).toBe("");
  expect(mended.status).toBe("SUCCEEDED");
});

it("AP-2 C5 keeps points there by its own policy: the machine sweeps the copy, locks what is kept, and deletes by version a day later", async () => {
  const old = backupId;
  const before = (await findPoint(world.client.catalog, old, COPIED)).recoveredTo.getTime() - 1;
  const older = { ...asked, source: COPIED, to: new Date(before).toISOString() }; // other tests' points are none of this one's
  const { holdId } = Held.parse(await world.client.invoke("hold", older)).figures;
  const [kept, latest] = [await there.copiedBackup(), await there.copiedBackup()];
  backupId = latest; // of the tests that follow
  const keys = [await there.artifactOf(old), await there.artifactOf(kept), await there.artifactOf(latest)];
  const areThere = async () => Promise.all(keys.map(async (key) => (await there.repository.head(key)) !== undefined));
  await there.s3.send(new PutObjectLockConfigurationCommand({ Bucket: there.bucket, ObjectLockConfiguration }));
  const sweeper = sweeperOfCopy(world, there);

  const dryRun = await world.client.invoke("plan-retention", { where: "offsite" });
  const machine = await world.client.run("retention", { where: "offsite" });
  const first = await sweeper.sweep(25);
  const head = await there.s3.send(new HeadObjectCommand({ Bucket: there.bucket, Key: keys[2] }));
  const erased = there.s3.send(
    new DeleteObjectCommand({ Bucket: there.bucket, Key: keys[2], VersionId: head.VersionId }),
  );
  await expect(erased).rejects.toMatchObject({ name: "AccessDenied" });
  expect(await areThere()).toEqual([true, true, true]);
  const second = await sweeper.sweep(50);

  expect(machine.cause).toBe("");
  expect(machine.output).toMatchObject({
    plan: { where: "offsite" },
    expire: { expired: 0 },
    prune: { outcome: "PRUNED" },
  });
  expect(Planned.parse(machine.output).plan.sources).toEqual(Figures.parse(dryRun).figures.sources);
  expect(first).toMatchObject({ expired: 1, pruned: 0 });
  expect([
    head.ObjectLockMode,
    Math.abs(Number(head.ObjectLockRetainUntilDate) - sweeper.begun - 49 * 3_600_000) < 60_000,
  ]).toEqual(["GOVERNANCE", true]);
  expect(second).toMatchObject({ pruned: 1, deferred: [], problems: "" });
  expect(await areThere()).toEqual([false, true, true]);
  expect(await world.client.repository.head(keys[0] ?? "")).toBeDefined();
  expect((await findPoint(world.client.catalog, old, COPIED)).proof).toBe("verified");
  expect((await findPoint(there.catalog, old, COPIED)).proof).toBe("pruned");
  await world.client.invoke("release-hold", { ...asked, holdId });
});

it("R6 R7 restores from the copy by itself when the point is gone here for good, its key and its manifest included", async () => {
  await resetFleet(["staging-uploads"]);
  const hand = await tampering(world);
  const keys: string[] = [];
  for await (const key of world.client.repository.list(world.layout.everything))
    if (key.includes(backupId) && !key.includes("/runs/")) keys.push(key);
  const captured = await lookAtTree(world.stage.sources.uploads.folder);

  for (const key of keys) await hand.remove(key);
  const request = { source: COPIED, backupId };
  const restored = await world.client.run("restore", { ...request, confirm: "staging-uploads" });
  const evidence = restored.status === "SUCCEEDED" ? await world.client.evidenceOf(restored) : undefined;
  const listed = await world.client.invoke("list-points", { source: COPIED });
  await hand.undo();

  expect(listed).toMatchObject({
    verdict: expect.stringContaining(`LOST here and only in a copy: ${backupId} in offsite`),
    figures: { points: expect.arrayContaining([expect.objectContaining({ backupId, onlyIn: ["offsite"] })]) },
  });
  expect(keys.length).toBeGreaterThan(6);
  expect(restored.cause).toBe("");
  expect(evidence?.notes).toEqual(
    expect.arrayContaining([
      `The point was read from its copy in ${there.bucket}.`,
      expect.stringContaining("It was read from offsite because: "),
    ]),
  );
  expect((await lookAtTree(world.stage.targets["staging-uploads"].folder)).files).toBe(captured.files);
});
