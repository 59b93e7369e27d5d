import { checkLater } from "../support/objectives.ts";
import type { World } from "../support/world.ts";
import { isAlarmed, isBackedUp, type Scene } from "./scene.ts";

/** A day goes by without a backup of a source. */
export async function backupTooOld(world: World): Promise<Scene> {
  const begun = new Date();
  await checkLater(world, "sessions")(25);
  await isAlarmed(world, "BackupTooOld", "sessions");
  await world.client.ended(await world.client.newest("backup", begun)); // what it has started
  return {
    bindings: {},
    steps: [
      {
        shows: [
          '"verdict": "Every source meets its RPO"',
          "sessions is restorable to ",
          "holdfast-local-nightly\tENABLED",
          "\tSUCCEEDED\ttoo-old-",
        ],
      },
      { shows: ["Backup nightly has been started"], until: isBackedUp(world) },
      { shows: ['"verdict": "Every source meets its RPO"'] },
    ],
  };
}
