import { rename, rm, symlink } from "node:fs/promises";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { resetFleet } from "#local/fleet/fleet.ts";
import type { Application } from "../support/application.ts";
import type { World } from "../support/world.ts";
import { hasEnded, isAlarmed, isRestored, type Scene } from "./scene.ts";

/** A function that is to be called before a restore throws. */
export async function hookFailed(world: World, application: Application): Promise<Scene> {
  await resetFleet(["staging-db"]);
  await application.failsIn("before");
  await application.scaleTo(1);
  const { arn } = await world.client.run("restore", {
    ...{ source: "app-db", target: "rehearsal-db", options: { databases: { compliance: "compliance" } } },
  });
  await isAlarmed(world, "HookFailed", arn);
  await application.scaleTo(0);
  return {
    bindings: { "arn:aws:states:…": arn, shop: "application", "--desired-count 3": "--desired-count 1" },
    steps: [
      {
        shows: ["FAILED\tHookFailed\tapp-db: HookFailed: before.2 lambda", "app-db.quiesced.json", '"desiredCount":1'],
      },
      { shows: ['"desiredCount": 1'] },
      { shows: ["Nothing is quiesced that should not be"] },
      {
        shows: ["The restore of app-db into staging-db has been started"],
        until: async (printed) => {
          const bindings = await isRestored(world)(printed);
          await application.scaleTo(0); // its tasks would count as some of holdfast's
          return bindings;
        },
      },
    ],
  };
}

/** A folder that a restore has kept is a link to somewhere else when its time is over. */
export async function dropFailed(world: World): Promise<Scene> {
  const request = { source: "uploads" };
  await world.client.run("restore", request);
  const { restoreId } = await world.client.evidenceOf(await world.client.run("restore", request)); // keeps what the first has put there
  const kept = `${world.stage.targets["staging-uploads"].folder}.holdfast-old-${restoreId}`;
  await rename(kept, `${kept}.moved`);
  await symlink("/etc", kept);
  const { arn } = await world.client.run("drop", { target: "staging-uploads", olderThan: "0m" });
  await isAlarmed(world, "DropFailed", arn);
  return {
    bindings: { "arn:aws:states:…": arn, "<restoreId>": restoreId },
    steps: [
      {
        shows: ["FAILED\tDropFailed\t", restoreId, '"target": "staging-uploads"'],
        until: async () => {
          await rm(kept);
          await rename(`${kept}.moved`, kept);
          return {};
        },
      },
      { shows: ['"executionArn": "'], until: hasEnded(world) },
    ],
  };
}

/** A whole backup is to go into live targets, and nobody has named them. */
export async function restoreAllFailed(world: World): Promise<Scene> {
  const backupId = await world.goodBackup(["sessions"]);
  const request = { backupId, sources: "all", targets: { sessions: "sessions-live" } };
  const { arn } = await world.client.run("restoreAll", request);
  await isAlarmed(world, "RestoreAllFailed", arn);
  return {
    bindings: { "arn:aws:states:…": arn },
    steps: [{ shows: ["FAILED\tConfirmationNeeded\t", "sessions-live", ":execution:holdfast-"] }],
  };
}

/** Somebody stops a sweep. */
export async function retentionFailed(world: World): Promise<Scene> {
  const arn = await world.client.start("retention", {});
  await world.client.sfn.send(new StopExecutionCommand({ executionArn: arn }));
  await isAlarmed(world, "RetentionFailed", arn);
  return {
    bindings: { "arn:aws:states:…": arn },
    steps: [{ shows: ["ABORTED", '"verdict"', '"sources"', "is whole"] }],
  };
}
