import { ApprovalDecision, waitsForApproval } from "#domain/approval.ts";
import type { Evidence } from "#domain/evidence.ts";
import type { BackupId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import { Restored } from "#domain/outcome.ts";
import type { Plan } from "#domain/plan.ts";
import type { RestorePlan } from "#domain/restore-plan.ts";
import type { TaskEnd } from "#domain/task-input.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import type { Signer } from "#ports/keys.ts";
import type { RunLog } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { Metrics } from "#ports/metrics.ts";
import type { CatalogPorts } from "./catalog.ts";
import { judgeHooks } from "./judge-hooks.ts";
import { judgeTask } from "./judge-task.ts";
import { createSigned, readSignedProof } from "./signed-objects.ts";
import type { ThawedPoint } from "./thaw-point.ts";

type Ports = CatalogPorts & {
  stage: string;
  plan: Plan;
  signer: Signer;
  events: Events;
  log: RunLog;
  metrics: Metrics;
};
type Input = {
  input: RestoreRequested;
  plan: RestorePlan;
  executionId: string;
  safetyBackupId: BackupId | undefined;
  thaw: Pick<ThawedPoint, "seconds" | "note">;
  restored: TaskEnd[];
};
/** `HOOK_FAILED`: nothing was begun, or the restore is done and a hook is not undone. */
export type RecordedEvidence = { outcome: "RESTORED" | "FAILED" | "HOOK_FAILED"; problem: string; evidenceKey: string };

/** Stores what a restore did, signed, and tells the bus. A restore that failed left the target as it was, and no evidence. */
export const recordEvidence =
  (ports: Ports) =>
  async ({ input, plan, executionId, safetyBackupId, thaw, restored }: Input): Promise<RecordedEvidence> => {
    const { restoreId, source, target, backupId, recoveredTo, startedAt } = plan;
    ports.log.belongsTo(restoreId);
    const judged = await judgeTask(ports, { runId: restoreId, task: source }, restored[0], Restored);
    const hooks = judgeHooks(restored[0]);
    if (!judged.succeeded) {
      const problem = [`${source}: ${judged.reason}`, hooks.problem].filter(Boolean).join("\n");
      const outcome = judged.reason.startsWith("HookFailed: ") ? "HOOK_FAILED" : "FAILED";
      return { outcome, problem, evidenceKey: "" };
    }
    const { finishedAt, factsCompared, putThere, kept } = judged.outcome;
    const thawed = thaw.seconds > 0 ? { thaw: Math.round(thaw.seconds * 100) / 100 } : {};
    const phases = { ...thawed, ...judged.outcome.phases, ...hooks.phases };
    const notes = [
      ...judged.outcome.notes,
      ...(thaw.note === "" ? [] : [thaw.note]),
      ...(plan.fellBack === undefined ? [] : [`It was read from ${plan.from} because: ${plan.fellBack}`]),
      ...(hooks.problem === undefined ? [] : [hooks.problem]),
    ];
    const evidence: Evidence = {
      schema: 1,
      restoreId,
      source,
      target,
      backupId,
      recoveredTo,
      requestedBy: { claimed: input.requestedBy ?? null, execution: executionId },
      ...(await approvalOf(ports, input, plan)),
      safetyBackupId: safetyBackupId ?? null,
      noSafetyBecause: input.because ?? null,
      startedAt,
      finishedAt,
      phases,
      ...(hooks.ran.length > 0 ? { hooks: hooks.ran } : {}),
      factsCompared,
      putThere,
      kept,
      notes,
    };
    const evidenceKey = ports.layout.evidence(restoreId);
    const body = `${JSON.stringify(evidence, null, 2)}\n`;
    await createSigned(ports, evidenceKey, (hash) => ports.layout.proofSignature(evidenceKey, hash), body);
    const seconds = Object.values(phases).reduce((sum, phase) => sum + phase, 0);
    const { stage } = ports;
    const detail = {
      stage,
      restoreId,
      source,
      target,
      backupId,
      recoveredTo,
      seconds,
      factsCompared,
      kept,
      safetyBackupId: evidence.safetyBackupId,
      keptFor: ports.plan.targets[target]?.keepOldState ?? "forever",
      notes,
    };
    await ports.events.emit({ type: "RestoreFinished", detail });
    ports.log.info(`${source}: restored from ${backupId} into ${target}`, { seconds, factsCompared });
    if (hooks.problem !== undefined)
      return { outcome: "HOOK_FAILED", problem: `The restore is done, and kept.\n${hooks.problem}`, evidenceKey };
    if (!plan.isLive) {
      const wholeRun = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
      ports.metrics({ recovery_test_duration_seconds: wholeRun, recovery_test_success: 1 }, { source });
    }
    return { outcome: "RESTORED", problem: "", evidenceKey };
  };

async function approvalOf(ports: Ports, { breakGlass }: RestoreRequested, { restoreId, target }: RestorePlan) {
  if (!waitsForApproval(ports.plan, ports.stage, target)) return {};
  if (breakGlass) return { approval: { glassBrokenBy: breakGlass.who, why: breakGlass.why } };
  const key = ports.layout.approvalDecided(restoreId);
  const decided = await readSignedProof(ports, key); // what was changed since is left out: the restore is done
  if (!decided) return {};
  const { who, decidedAt } = parseJson(decided, ApprovalDecision, key);
  return { approval: { approvedBy: who.claimed, at: decidedAt } };
}
