import { COPIED, otherRegion } from "../support/other-region.ts";
import type { World } from "../support/world.ts";
import { hasEnded, isAlarmed, type Scene } from "./scene.ts";

/** Somebody with rights to the other bucket has put something in the place of an artifact. */
export async function copyFailed(world: World): Promise<Scene> {
  const there = otherRegion(world);
  const backupId = await there.copiedBackup();
  const undo = await there.replace(await there.artifactOf(backupId), "ransom note");
  const { arn } = await world.client.run("copy", { backupId, again: true });
  await isAlarmed(world, "CopyFailed", arn);
  return {
    bindings: { "arn:aws:states:…": arn, "<backupId>": backupId, "app-db": COPIED },
    steps: [
      {
        shows: ["FAILED\tCopyFailed\t", "AlreadyCommitted", '"copy": "offsite"', '"readBackAt"'],
        until: async () => {
          await undo();
          return {};
        },
      },
      {
        shows: ['"executionArn": "'],
        until: async (printed) => {
          await hasEnded(world)(printed);
          const proofs = await there.proofs(backupId);
          if (proofs.length < 2) throw new Error(`${backupId} was not proved anew`);
          return {};
        },
      },
    ],
  };
}
