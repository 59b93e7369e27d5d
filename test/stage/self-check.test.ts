import { beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { watchStage } from "./support/invariants.ts";
import { openWorld, type World } from "./support/world.ts";

const Answer = z.looseObject({
  verdict: z.string(),
  figures: z.object({ table: z.array(z.string()), failed: z.array(z.string()) }),
});

let world: World;
beforeAll(async () => {
  world = await openWorld();
});

it("N7 self-check says of this emulator that it enforces neither the bucket's policy nor the keys', and proves the rest", async () => {
  const watch = await watchStage(world);

  const { verdict, figures } = Answer.parse(await world.client.invoke("self-check", {}));

  expect(figures.failed).toEqual([
    "FAILED: write without If-None-Match: done, not AccessDenied or AccessDeniedException",
    "FAILED: encrypt an object with a key of one's own (SSE-C): done, not AccessDenied or AccessDeniedException",
    "FAILED: make a data key with the wrapping key, with no right to: done, not AccessDenied or AccessDeniedException",
    "FAILED: sign with the signing key, with no right to: done, not AccessDenied or AccessDeniedException",
  ]);
  expect(verdict).toBe("The self-check has FAILED: 4 of 31 trials");
  const table = figures.table.join("\n");
  for (const proven of [
    ...["create an object", "create it a second time", "lock an object in governance mode for a day"],
    ...["extend that lock by an hour", "shorten that lock", "look at the wrapping key", "look at the signing key"],
    ...["CaptureTaskRole may kms:GenerateDataKey", "CaptureTaskRole may not", "VerifyTaskRole may not"],
    ...["RestoreTaskRole may not", "PrunePointsRole may s3:DeleteObjectVersion", "PrunePointsRole may not"],
    ...["LockPointsRole may not", "a task that must fail", "S3's event of a new object calls a function"],
  ])
    expect(table).toMatch(new RegExp(`ok +│ ${proven}`));
  const since = (await watch.versionsSince()).map((version) => version.split(" ")[0] ?? "");
  const left = since.filter((key) => !/\/announced-|\/alarms\//.test(key)); // what was told of earlier runs comes late
  const own = /^local\/runs\/self-check-[\d-]{18}[0-9a-f]{4}\/(created|unconditional|probe|arrived)\.json$/;
  expect(left.toSorted().map((key) => own.exec(key)?.[1])).toEqual(["arrived", "created", "probe", "unconditional"]);
  await watch.expectInvariants();
});
