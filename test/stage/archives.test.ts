import pWaitFor from "p-wait-for";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { s3Copier } from "#adapters/aws/copier.ts";
import type { BackupId } from "#domain/ids.ts";
import { lookAtTree } from "#local/demo/tree-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { COPIED, otherRegion } from "./support/other-region.ts";
import { openWorld, type World } from "./support/world.ts";

const Answer = z.looseObject({ verdict: z.string() });

let world: World;
let there: ReturnType<typeof otherRegion>;

beforeAll(async () => {
  world = await openWorld();
  there = otherRegion(world);
  await resetFleet(["staging-uploads"]);
});
afterAll(() => world.client.clearMessages());

/** The copy's artifact is written once more by what copies, as a plan whose copy has this storage class would have it. */
async function intoTheArchive(backupId: BackupId): Promise<string> {
  const artifact = (await world.manifest(backupId)).components[COPIED]?.artifacts[0];
  if (!artifact) throw new Error(`${backupId} has no artifact`);
  await there.erase(artifact.key);
  const places = { from: world.client.bucket, to: there.bucket, there: there.repository };
  const copier = s3Copier(there.s3, { ...places, storageClass: "DEEP_ARCHIVE" });
  await copier.copy(artifact, (await world.client.repository.head(artifact.key))?.versionId, () => false);
  return artifact.key;
}

it("GL-8 AP-2 restores from an archive: the thaw is asked for, told, shown, waited for and counted, and the same bytes come back", async () => {
  const backupId = await there.copiedBackup();
  const captured = await lookAtTree(world.stage.sources.uploads.folder);
  const key = await intoTheArchive(backupId);
  const frozen = await there.repository.head(key);
  const reading = there.repository.readRange(key, { start: 0, end: 1 }, new AbortController().signal);
  await expect(reading).rejects.toMatchObject({ name: "ArtifactArchived" });

  const arn = await world.client.start("restore", {
    source: COPIED,
    backupId,
    from: "offsite",
    confirm: "staging-uploads",
  });
  await pWaitFor(
    async () => {
      const { verdict } = Answer.parse(await world.client.invoke("describe-restore", { source: COPIED }));
      return verdict.includes("thawing from DEEP_ARCHIVE (Standard), 0 %, expected by ");
    },
    { interval: 200, timeout: { milliseconds: 60_000, message: "describe-restore did not show the thaw" } },
  );
  const title = `The restore of ${COPIED} into staging-uploads waits until its point is thawed: up to 12h`;
  await world.client.message((text, channel) => channel === "slack" && text.includes(title) && text.includes(backupId));
  const restored = await world.client.ended(arn);

  expect(frozen?.archived).toEqual({ storageClass: "DEEP_ARCHIVE", thaw: "not asked for" });
  expect(restored.cause).toBe("");
  const { phases, notes } = await world.client.evidenceOf(restored);
  expect(phases["thaw"]).toBeGreaterThan(2); // what the emulator takes, in the place of 12 hours
  expect(notes).toContainEqual(expect.stringMatching(/^It was thawed from DEEP_ARCHIVE in \d/));
  expect((await there.repository.head(key))?.archived).toEqual({ storageClass: "DEEP_ARCHIVE", thaw: "done" });
  expect((await lookAtTree(world.stage.targets["staging-uploads"].folder)).files).toBe(captured.files);
});
