import { readCatalog } from "#app/catalog.ts";
import { type BackupId, isSafety } from "#domain/ids.ts";
import { cutOffPgDump, withTaskFault } from "#local/demo/faults.ts";
import { redis } from "#local/demo/fleet-state.ts";
import { resetFleet } from "#local/fleet/fleet.ts";
import { flip, type Tampering } from "../support/tampering.ts";
import type { World } from "../support/world.ts";
import { hasEnded, isAlarmed, isBackedUp, isHeld, isRestored, type Scene } from "./scene.ts";

const DUMPED_BYTES = 200_000;

/** pg_dump is cut off, and says that all is well. */
export async function backupFailed(world: World): Promise<Scene> {
  const { backupId, execution } = await withTaskFault(world.stage, await cutOffPgDump(DUMPED_BYTES), () =>
    world.backup(["app-db"]),
  );
  await isAlarmed(world, "BackupFailed", execution.arn);
  return {
    bindings: { "arn:aws:states:…": execution.arn, "<backupId>": backupId },
    steps: [
      { shows: ["FAILED\tBackupFailed\tapp-db: FormatIncomplete", "capture/", "app-db is restorable to "] },
      { shows: [" app-db.0.outcome.json", '"FormatIncomplete"'] },
      { shows: ["app-db", "Backup nightly has been started"], until: isBackedUp(world) },
    ],
  };
}

/** A byte of a stored artifact is another one. `backupId` is not verified yet. */
export async function verifyFailed(world: World, hand: Tampering, backupId: BackupId): Promise<Scene> {
  const artifact = (await world.manifest(backupId)).components["sessions"]?.artifacts[0]?.key ?? "";
  await hand.change(
    artifact,
    flip((bytes) => bytes.length - 1_000),
  );
  const { arn } = await world.client.run("verify", { backupId });
  await isAlarmed(world, "VerifyFailed", arn);
  const quarantined = "QUARANTINED, ChecksumMismatch";
  return {
    bindings: { "arn:aws:states:…": arn, "<backupId>": backupId, "app-db": "sessions" },
    steps: [
      isHeld(world),
      { shows: [`FAILED\tVerifyFailed\tsessions: ${quarantined}`, "sessions is restorable to ", '"quarantined"'] },
      { shows: [`"Key": "${artifact}"`] },
      { shows: ["publicKeySha256"] },
      { shows: ["is released: it is committed, and has to be read back anew"] },
      { shows: [`:execution:holdfast-${world.stage.stage}-verify:`], until: hasEnded(world) },
      { shows: ["Backup nightly has been started"], until: isBackedUp(world) },
    ],
  };
}

/** S3 hands a restore a part that is cut off, when the safety point has been taken. */
export async function restoreFailed(world: World): Promise<Scene> {
  await resetFleet(["staging-redis"]);
  await redis(world.stage, "staging-redis", "SET", "what-was-there", "42");
  const request = { source: "sessions", confirm: "staging-redis" };
  const { result } = await world.throughProxy(
    ({ operation, key }) =>
      key.endsWith(".rdb.zst.gpg") && /^GetObject bytes=[1-9]/.test(operation) ? { shorten: 100_000 } : undefined,
    () => world.client.run("restore", request),
    "restore",
  );
  await isAlarmed(world, "RestoreFailed", result.arn);
  const { points } = await readCatalog(world.client.catalog, { source: "staging-redis" });
  const safetyPoint = points.find(({ backupId }) => isSafety(backupId))?.backupId ?? "";
  return {
    bindings: {
      ...{ "arn:aws:states:…": result.arn, "<safetyPoint>": safetyPoint },
      ...{ sessions: "staging-redis", "sessions-live": "staging-redis" },
    },
    steps: [
      isHeld(world),
      { shows: ["FAILED\tRestoreFailed\tsessions: ChecksumMismatch", "restore/", safetyPoint] },
      {
        shows: ["The restore of staging-redis into staging-redis has been started"],
        until: async (printed) => {
          await isRestored(world)(printed);
          const { restoreId } = await world.client.evidenceOf(await world.client.run("restore", request)); // the same again
          return { "<restoreId>": restoreId };
        },
      },
      { shows: ['"source": "sessions"', '"factsCompared"'] },
    ],
  };
}
