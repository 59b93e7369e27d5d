import { auditLog } from "#app/audit-log.ts";
import { readManifest } from "#app/catalog.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { createSigned } from "#app/signed-objects.ts";
import { type BackupId, scheduledBackupId } from "#domain/ids.ts";
import type { Eraser } from "#ports/eraser.ts";
import { capture, layout, type MemoryWorld, memoryWorld } from "./memory-world.ts";

export const now = new Date("2026-11-22T04:00:00Z");
const DAY = 24 * 3600 * 1000;
export const daysAgo = (days: number) => new Date(now.getTime() - days * DAY);

/** A stage whose plan keeps 30 days and lets the sweep run on Sundays; its clock stands at `now` until somebody moves it. */
export function retentionWorld() {
  const world = memoryWorld();
  const time = { at: now };
  const clock = () => time.at;
  const retention = { schedule: "0 4 * * 0", default: { days: 30, count: 2 }, sources: {} };
  const signing = { ...world.ports, clock };
  const bucket = memoryEraser(world);
  const ports = {
    ...signing,
    plan: { ...world.ports.plan, retention },
    audit: auditLog(signing),
    eraser: bucket.eraser,
  };
  return { ...world, ports, time, locks: bucket.locks, erased: bucket.erased, refuse: bucket.refuse };
}

/** Deletes from the repository in memory. `refuse` answers 403 to a key until it is taken out. */
export function memoryEraser({ objects, artifacts, histories }: MemoryWorld) {
  const locks = new Map<string, string>();
  const refuse = new Set<string>();
  const erased: string[] = [];
  const eraser: Eraser = {
    lockOn: async (key) => locks.get(key),
    erase: async (key) => {
      if (refuse.has(key)) throw Object.assign(new Error("Access Denied"), { name: "AccessDenied" });
      if (objects.delete(key) || artifacts.delete(key)) erased.push(key);
      histories.delete(key);
    },
  };
  return { eraser, locks, refuse, erased };
}
export type RetentionWorld = ReturnType<typeof retentionWorld>;

/** A backup of `app-db` that was taken then, and read back unless told otherwise. */
export async function havePoint(world: RetentionWorld, at: Date, { isVerified = true } = {}): Promise<BackupId> {
  const backupId = scheduledBackupId("nightly", at);
  const recoveredTo = at.toISOString();
  const captures = [capture(world, "app-db", { recoveredTo }, backupId)];
  await world.ports.repository.create(layout.wrappedKey(`${backupId}.app-db.0`, 1), "{}");
  await commitBackup(world.ports)({ backupId, sources: ["app-db"], captures });
  const { manifestSha256 } = (await readManifest(world.ports, backupId)) ?? {};
  if (isVerified) {
    const proof = { schema: 1, backupId, source: "app-db", manifestSha256, verifiedAt: recoveredTo, bytesRead: 1 };
    const key = layout.proof(backupId, "app-db", "verified", "verify-x");
    await createSigned(world.ports, key, (hash) => layout.proofSignature(key, hash), JSON.stringify(proof));
  }
  return backupId;
}

/** Forty nights, oldest first. */
export async function haveNights(world: RetentionWorld, nights = 40): Promise<BackupId[]> {
  const ids: BackupId[] = [];
  for (let night = nights; night > 0; night--) ids.push(await havePoint(world, daysAgo(night - 0.9)));
  return ids;
}
