import { NoSuchPoint } from "#domain/errors.ts";
import type { BackupId } from "#domain/ids.ts";
import { Verified } from "#domain/outcome.ts";
import type { QuarantineProof, SuspiciousProof, VerifiedProof } from "#domain/proof.ts";
import type { TaskEnd } from "#domain/task-input.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { Metrics } from "#ports/metrics.ts";
import { readManifest } from "./catalog.ts";
import { findSuspicion, type GuardPorts } from "./find-suspicion.ts";
import { judgeTask } from "./judge-task.ts";
import { raiseSuspicion } from "./raise-suspicion.ts";
import { writeProof } from "./write-proof.ts";

type Ports = GuardPorts & {
  stage: string;
  signer: Signer;
  events: Events;
  clock: Clock;
  log: RunLog;
  metrics: Metrics;
};
type Input = {
  backupId: BackupId;
  runId: string;
  wrong: Record<string, string[]>;
  sources: string[];
  verified: TaskEnd[];
};
export type RecordedProofs = { outcome: "VERIFIED" | "FAILED"; problems: string };

/**
 * A verified proof for every point that was read back whole, a quarantine for every wrong one, neither where reading failed.
 * What is whole and unlike its source's history is marked as suspicious before it is verified, so that it never is `latest`.
 */
export const recordProofs =
  (ports: Ports) =>
  async ({ backupId, runId, wrong, sources, verified }: Input): Promise<RecordedProofs> => {
    ports.log.belongsTo(backupId);
    const found = await readManifest(ports, backupId);
    if (!found) throw new NoSuchPoint(`There is no backup ${backupId}`);
    const { manifest, manifestSha256 } = found;
    const now = ports.clock().toISOString();
    const problems: string[] = [];
    const quarantine = async (source: string, reasons: string[]) => {
      const proof: QuarantineProof = { schema: 1, backupId, source, quarantinedAt: now, reasons };
      await writeProof(ports, { backupId, source }, "quarantined", runId, proof);
      problems.push(`${source}: QUARANTINED, ${reasons.join("; ")}`);
    };
    for (const [source, reasons] of Object.entries(wrong)) await quarantine(source, reasons);
    for (const source of sources) {
      const judged = await judgeTask(
        ports,
        { runId, task: source },
        verified.find((end) => end.source === source),
        Verified,
      );
      const component = manifest.components[source];
      if (!judged.succeeded || !component) {
        problems.push(
          `${source}: could not be read back, so it stays unproven: ${judged.succeeded ? "no such point" : judged.reason}`,
        );
        continue;
      }
      const { outcome } = judged;
      if (outcome.quarantine.length > 0) {
        await quarantine(source, outcome.quarantine);
        continue;
      }
      const { bytesRead, facts, finishedAt } = outcome;
      const proof: VerifiedProof = {
        schema: 1,
        backupId,
        source,
        manifestSha256,
        verifiedAt: finishedAt,
        bytesRead,
        ...(facts ? { facts } : {}),
      };
      const at = { backupId, source };
      const suspicion = await findSuspicion(ports, at, facts);
      if (suspicion) {
        const { reasons } = suspicion;
        const suspicious: SuspiciousProof = { schema: 1, ...at, suspectedAt: finishedAt, reasons };
        await writeProof(ports, at, "suspicious", runId, suspicious);
      }
      await writeProof(ports, at, "verified", runId, proof);
      ports.metrics({ backup_verified_total: 1, backup_suspicious_total: suspicion ? 1 : 0 }, { source });
      if (suspicion) {
        ports.log.error(`${source}: whole, and suspicious`, suspicion);
        await raiseSuspicion(ports, at, suspicion);
        continue;
      }
      const { recoveredTo, size } = component;
      const detail = { stage: ports.stage, backupId, source, recoveredTo, bytes: size, verifiedAt: finishedAt };
      await ports.events.emit({ type: "PointVerified", detail });
      ports.log.info(`${source}: verified`, { bytesRead });
    }
    if (problems.length > 0) ports.log.error(`${backupId}: not verified`, { problems });
    return { outcome: problems.length === 0 ? "VERIFIED" : "FAILED", problems: problems.join("\n") };
  };
