import { afterAll, beforeAll, expect, it } from "vitest";
import { tellStory } from "#local/demo/story.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { watchStage } from "./support/invariants.ts";
import { openWorld, type World } from "./support/world.ts";

let world: World;
beforeAll(async () => {
  world = await openWorld();
  await resetFleet();
});
afterAll(async () => {
  await resetFleet();
  await world.client.clearMessages();
});

it("S5 protects, verifies, refuses a dump that was cut off, and brings a broken fleet back as it was", async () => {
  const watch = await watchStage(world);
  const narrate = <T>(_what: string, work: () => Promise<T>) => work();

  const told = await tellStory(world.stage, world.client, narrate, () => {});

  const { backup, brokenRun, refusal, restores } = told;
  expect(backup.outcome).toBe("COMPLETE");
  expect(Object.keys(backup.components).toSorted()).toEqual(["app-db", "sessions", "uploads"]);
  expect(told.verified.map(({ channel }) => channel)).toEqual(["slack", "sns"]);
  expect(brokenRun.execution.cause).toContain("FormatIncomplete");
  expect(refusal).toMatchObject({ status: "FAILED", error: "ConfirmationNeeded" });
  expect(told.afterDisaster).toMatchObject({ reports: "gone", keys: "0" });
  expect(Number(told.afterDisaster.files)).toBeLessThan(Number(told.before.files));
  expect(told.afterDisaster.tree).not.toBe(told.before.tree);
  expect(restores.map(({ evidence }) => evidence.backupId)).toEqual(Array(3).fill(backup.backupId));
  for (const { evidence } of restores) {
    expect(evidence.factsCompared).toBeGreaterThan(0);
    expect(evidence.safetyBackupId).toContain("-safety-");
  }
  expect(told.after).toEqual(told.before);
  expect(told.rollback.found).toEqual({
    before: "a_colleagues_work",
    restored: "gone",
    after: "a_colleagues_work",
  });
  await watch.expectInvariants({
    failed: [brokenRun.execution, refusal],
    latest: { "app-db": backup.backupId, sessions: backup.backupId, uploads: backup.backupId },
  });
});
