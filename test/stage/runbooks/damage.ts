import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Component } from "#domain/manifest.ts";
import { lookAtTree } from "#local/demo/tree-state.ts";
import { pastDays } from "../support/past-days.ts";
import type { Tampering } from "../support/tampering.ts";
import type { World } from "../support/world.ts";
import { isAlarmed, isBackedUp, isHeld, isRestored, type Scene } from "./scene.ts";

/** Somebody writes over an artifact. */
export async function repositoryTampered(world: World, hand: Tampering): Promise<Scene> {
  const backupId = await world.goodBackup(["sessions"]);
  const artifact = (await world.manifest(backupId)).components["sessions"]?.artifacts[0]?.key ?? "";
  const version = (await hand.put(artifact, "ransom note")) ?? "";
  await isAlarmed(world, "RepositoryTampered", artifact);
  const alarm = await world.client.message((text) => text.includes(`--version-id ${version}`));
  return {
    bindings: { "<backupId>": backupId },
    steps: [
      isHeld(world),
      {
        shows: ["The repository was tampered with", "sessions is restorable to ", version, `"Key": "${artifact}"`],
        until: async (_, shell) => {
          const commands = world.client
            .asText(alarm)
            .split("\n")
            .map((line) => line.trim());
          await shell(commands.filter((line) => line.startsWith("aws ")).join("\n")); // as the page says
          return {};
        },
      },
      { shows: ['"verdict"'], hides: [`${artifact} was written over`] },
    ],
  };
}

/** A source was ten times as large on the days before. */
export async function pointSuspicious(world: World, hand: Tampering): Promise<Scene> {
  const like = await world.goodBackup(["sessions"]);
  const tenfold = (component: Component): Component => ({
    ...component,
    artifacts: component.artifacts.map((artifact) => ({ ...artifact, bytes: artifact.bytes * 10 })),
  });
  const past = await pastDays(world, hand, { source: "sessions", like, days: 4, change: tenfold });
  const backupId = await world.goodBackup(["sessions"]);
  await isAlarmed(world, "PointSuspicious", backupId);
  await past.forget();
  return {
    bindings: { "<backupId>": backupId, "app-db": "sessions" },
    steps: [
      isHeld(world),
      { shows: ["The first suspicious point of sessions is ", backupId, "is SUSPICIOUS", "it has only "] },
      { shows: [`sessions in ${backupId} is quarantined: no restore takes it`] },
      { shows: [`sessions in ${backupId} is released: it is verified`, `"backupId": "${backupId}"`] },
      { shows: ["Backup nightly has been started"], until: isBackedUp(world) },
    ],
  };
}

/** Files are gone from the live tree. */
export async function filesAreGone(world: World): Promise<Scene> {
  const { folder } = world.stage.sources.uploads;
  const look = async () => (await lookAtTree(folder)).digest;
  const before = await look();
  await rm(join(folder, "resumes/2026-01"), { recursive: true });
  const damaged = await look();
  expect(damaged).not.toBe(before);
  return {
    bindings: { "app-db": "uploads" },
    steps: [
      { shows: ["deleted: uploads can be brought back into staging-uploads as it was at "] },
      { shows: ["uploads is restorable to "] },
      isHeld(world),
      { shows: ["The restore of uploads into staging-uploads has been started"], until: isRestored(world) },
      {
        shows: ["The restore of uploads into uploads-live has been started"],
        until: async (printed) => {
          const bindings = await isRestored(world)(printed);
          expect(await look(), "the tree after the restore").toBe(before);
          return bindings;
        },
      },
      { shows: ["RESTORED: uploads-live holds uploads as it was at "] },
      { shows: ["Too late: ", "and what it restored is in place"] },
      {
        shows: ["uploads-live is again what it was before the restore"],
        until: async () => {
          expect(await look(), "the tree after the rollback").toBe(damaged);
          return {};
        },
      },
    ],
  };
}
