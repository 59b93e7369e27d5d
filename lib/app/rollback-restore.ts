import { ConfirmationNeeded, InputInvalid } from "#domain/errors.ts";
import { Evidence, type Rollback } from "#domain/evidence.ts";
import { sha256 } from "#domain/hashes.ts";
import { parseJson } from "#domain/manifest.ts";
import { RolledBack } from "#domain/outcome.ts";
import type { RollbackByHand } from "#events/by-hand.ts";
import type { Tasks } from "#ports/messaging.ts";
import { type ApprovalPorts, judgeRollback } from "./judge-rollback.ts";
import { targetOf } from "./plan-restore.ts";
import { readDropped } from "./read-evidence.ts";
import { runByHand } from "./run-by-hand.ts";
import { createSigned, readSignedProof } from "./signed-objects.ts";
import type { Answer } from "./start-backup.ts";

type Ports = ApprovalPorts & {
  tasks: Tasks;
  restoreTask: string;
  swapKeepsOldState: Record<string, boolean>;
};

/**
 * Puts the state that a restore replaced back in its place, in one step, and waits for it. Where the engine keeps no old state,
 * it says which restore of the safety point does the same. Where a restore into the target waits for a second person, so does
 * this. Throws `InputInvalid`, `ConfirmationNeeded`, `ApprovalInvalid` or `TargetChanged`.
 */
export const rollbackRestore =
  (ports: Ports) =>
  async (input: RollbackByHand, callId: string): Promise<Answer> => {
    const { restoreId, confirm, requestedBy } = input;
    const evidenceKey = ports.layout.evidence(restoreId);
    const bytes = await readSignedProof(ports, evidenceKey);
    if (!bytes)
      throw new InputInvalid(
        `restoreId: ${restoreId} left no evidence: it failed, and so changed nothing, or there was no such restore`,
      );
    const evidence = parseJson(bytes, Evidence, evidenceKey);
    const { source, target, putThere } = evidence;
    if (confirm !== target)
      throw new ConfirmationNeeded(
        `confirm: ${restoreId} was restored into ${target}. A rollback there takes away what was written since (and keeps it beside): confirm with "${target}"`,
      );
    const { engine, section } = targetOf(ports.plan, { source, target });
    if (!ports.swapKeepsOldState[engine]) return bySafetyPoint(ports, evidence);
    const dropped = await readDropped(ports, restoreId);
    if (dropped)
      return {
        verdict: `${target} was not rolled back: NothingToRollBack: the old state was dropped at ${dropped.finishedAt}, after the ${dropped.keptFor} for which it was kept. Nothing was touched`,
        figures: { restoreId, dropped: dropped.dropped },
        next: safetyCommand(ports, evidence),
      };
    const its = { input, evidence, evidenceSha256: sha256(bytes), section, callId };
    const waits = await judgeRollback(ports, its);
    if (waits) return waits;
    const runId = `rollback-${restoreId}-${sha256(callId).slice(0, 8)}`;
    const told = {
      verb: "rollback" as const,
      runId,
      task: source,
      source,
      engine,
      restoreId,
      target,
      section,
      putThere,
    };
    const { judged, stoppedBecause } = await runByHand(ports, ports.restoreTask, told, RolledBack);
    if (!judged.succeeded)
      return {
        verdict: `${target} was not rolled back: ${judged.reason}`,
        figures: { restoreId, ...(stoppedBecause === undefined ? {} : { stoppedBecause }) },
        next: safetyCommand(ports, evidence),
      };
    const { kept, notes, finishedAt } = judged.outcome;
    const claimed = { claimed: requestedBy ?? null, call: callId };
    await record(ports, { schema: 1, restoreId, source, target, requestedBy: claimed, finishedAt, kept, notes });
    return {
      verdict: `${target} is again what it was before the restore ${restoreId}`,
      figures: { kept: kept.map(({ what }) => what), notes },
      next: kept.length > 0 ? `When nobody needs that any more: ${kept.map(({ drop }) => drop).join(" ")}` : "Nothing.",
    };
  };

async function record(ports: Ports, rollback: Rollback): Promise<void> {
  const key = ports.layout.rollback(rollback.restoreId);
  const body = `${JSON.stringify(rollback, null, 2)}\n`;
  await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), body);
  const { restoreId, source, target, kept } = rollback;
  await ports.events.emit({
    type: "RestoreRolledBack",
    detail: { stage: ports.stage, restoreId, source, target, kept },
  });
}

const bySafetyPoint = (ports: Ports, evidence: Evidence): Answer => ({
  verdict: `${evidence.target} keeps no old state beside the new one: nothing was done`,
  figures: { safetyPoint: evidence.safetyBackupId ?? "none was taken" },
  next: safetyCommand(ports, evidence),
});

function safetyCommand({ stage, plan }: Ports, { safetyBackupId, noSafetyBecause, target }: Evidence): string {
  if (safetyBackupId === null)
    return noSafetyBecause === null
      ? "There is no safety point: the target held nothing that was not holdfast's own."
      : `There is no safety point, because: ${noSafetyBecause}`;
  const source = plan.targets[target]?.source ?? target; // as the safety point was captured
  const input = { source, backupId: safetyBackupId, target, confirm: target };
  return `The old state is in the safety point: npx sls invoke --stage ${stage} -f start-restore -d '${JSON.stringify(input)}'`;
}
