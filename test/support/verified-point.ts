import { commitBackup } from "#app/commit-backup.ts";
import { planVerify } from "#app/plan-verify.ts";
import { recordProofs } from "#app/record-proofs.ts";
import type { Captured } from "#domain/outcome.ts";
import { aBackup, capture, layout, type MemoryWorld } from "./memory-world.ts";

/** A point of `source`, captured and committed. */
export async function committedPoint(
  world: MemoryWorld,
  {
    source = "app-db",
    backupId = aBackup,
    change = {},
  }: { source?: string; backupId?: typeof aBackup; change?: Partial<Captured> } = {},
) {
  const captures = [capture(world, source, change, backupId)];
  for (const artifact of change.artifacts ?? []) world.artifacts.set(artifact.key, artifact);
  await commitBackup(world.ports)({ backupId, sources: [source], captures });
}

/** The same, read back; with a reason to quarantine it that is what becomes of it. */
export async function verifiedPoint(
  world: MemoryWorld,
  about: Parameters<typeof committedPoint>[1] = {},
  quarantine: string[] = [],
) {
  const { source = "app-db", backupId = aBackup } = about;
  await committedPoint(world, about);
  const planned = await planVerify(world.ports)({ input: { backupId }, execution: { name: backupId } });
  const ended = { succeeded: true, attempt: 0, finishedAt: "2026-02-23T13:45:00.000Z", task: source };
  const outcome = JSON.stringify({ ...ended, quarantine, bytesRead: 15 });
  world.objects.set(layout.outcome(planned.runId, source, 0), new TextEncoder().encode(outcome));
  const verified = [{ source, task: { exitCodes: [0] } }];
  return recordProofs(world.ports)({ ...planned, sources: [source], verified });
}
