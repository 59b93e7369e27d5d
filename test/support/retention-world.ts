import { auditLog } from "#app/audit-log.ts";
import { readManifest } from "#app/catalog.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { createSigned } from "#app/signed-objects.ts";
import { type BackupId, scheduledBackupId } from "#domain/ids.ts";
import { capture, layout, memoryWorld } from "./memory-world.ts";

export const now = new Date("2026-11-22T04:00:00Z");
export const DAY = 24 * 3600 * 1000;
export const daysAgo = (days: number) => new Date(now.getTime() - days * DAY);

/** A stage whose plan keeps 30 days and lets the sweep run on Sundays; its clock stands at `now` until somebody moves it. */
export function retentionWorld() {
  const world = memoryWorld();
  const time = { at: now };
  const clock = () => time.at;
  const retention = { schedule: "0 4 * * 0", default: { days: 30, count: 2 }, sources: {} };
  const signing = { ...world.ports, clock };
  const ports = { ...signing, plan: { ...world.ports.plan, retention }, audit: auditLog(signing) };
  return { ...world, ports, time };
}
export type RetentionWorld = ReturnType<typeof retentionWorld>;

/** A backup of `app-db` that was taken then, and read back unless told otherwise. */
export async function havePoint(world: RetentionWorld, at: Date, { isVerified = true } = {}): Promise<BackupId> {
  const backupId = scheduledBackupId("nightly", at);
  const recoveredTo = at.toISOString();
  const captures = [capture(world, "app-db", { recoveredTo }, backupId)];
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
