import { s3Repository } from "#adapters/aws/repository.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { recordProofs } from "#app/record-proofs.ts";
import type { BackupId } from "#domain/ids.ts";
import { restoreGuides, tallies } from "#engines/descriptions.ts";
import type { Ground } from "./ground.ts";
import { BUCKET } from "./object-store.ts";
import { KEY_ARN } from "./stand-in.ts";
import { layout, runTask, STAGE, section } from "./worker-task.ts";

export const SOURCE = "shop";

/** A capture as the `backup` machine asks for it. */
export const captureInput = (
  { database, escrow }: Ground,
  backupId: BackupId,
  more: { jobs: number; splitAbove: string },
) => ({
  verb: "capture" as const,
  runId: backupId,
  task: SOURCE,
  source: SOURCE,
  engine: "postgresql",
  backupId,
  section: { ...section, ...more, databases: [database.name] },
  pipeline: { compression: 3 },
  escrow,
});

/** Captures the database, commits the point and has it verified, as the machines do. */
export async function verifiedPoint(ground: Ground, input: ReturnType<typeof captureInput>): Promise<void> {
  const { backupId, source, engine } = input;
  const quiet = { info: () => {}, error: () => {}, belongsTo: () => {} };
  const ports = {
    repository: s3Repository(ground.objectStore.client, BUCKET),
    layout,
    stage: STAGE,
    bucket: BUCKET,
    signingKey: KEY_ARN,
    version: "bench",
    signer: ground.standIn.signer,
    signatures: { isSignedByUs: async () => true, fingerprint: async () => "" },
    events: { emit: async () => {} },
    clock: () => new Date(),
    guides: restoreGuides,
    plan: { backups: {} },
    tallies,
    log: quiet,
    metrics: () => {},
  };
  const ended = [{ source, task: { exitCodes: [0] } }];
  await runTask(ground, input);
  const committed = await commitBackup(ports)({ backupId, sources: [source], captures: ended });
  if (committed.outcome !== "COMPLETE") throw new Error(`nothing was committed: ${committed.failedSources}`);
  const runId = `verify-${backupId}`;
  await runTask(ground, { verb: "verify", runId, task: source, source, engine, backupId });
  const recorded = await recordProofs(ports)({ backupId, runId, wrong: {}, sources: [source], verified: ended });
  if (recorded.outcome !== "VERIFIED") throw new Error(`nothing was verified: ${recorded.problems}`);
}
