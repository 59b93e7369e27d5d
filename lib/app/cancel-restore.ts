import { setTimeout as wait } from "node:timers/promises";
import type { Cancelled } from "#domain/evidence.ts";
import type { RestoreId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { CancelByHand } from "#events/by-hand.ts";
import type { ExecutionDetails, Executions, RunningTasks, WaitingStates } from "#ports/executions.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { newestToken } from "./decide-approval.ts";
import { type FoundRestore, findRestore } from "./find-restores.ts";
import { type RestoreRecords, readRestore, whatItIsAt } from "./read-restore.ts";
import { describeCommand, rollbackCommand } from "./restore-commands.ts";
import { safetyBackupOf } from "./safety-backup-of.ts";
import { createSigned } from "./signed-objects.ts";
import type { Answer } from "./start-backup.ts";
import { claimCancel } from "./swap-or-cancel.ts";

type Ports = CatalogPorts & {
  executions: Executions;
  tasks: RunningTasks;
  waiting: WaitingStates;
  restoreMachine: string;
  backupMachine: string;
  plan: Plan;
  stage: string;
  signer: Signer;
  clock: Clock;
  /** How long to wait for the end, and how often to look. */
  patienceMs?: number;
  lookEveryMs?: number;
};

/**
 * Puts an end to a restore before its swap, and waits until nothing of it runs any more. The machine ends by its own states, so
 * that what it has to set right at its end is done; only its tasks, and the run that takes its safety point, are stopped. Once
 * the swap has begun, nothing is done. May be called again and again.
 */
export const cancelRestore =
  (ports: Ports) =>
  async ({ restoreId, because, requestedBy }: CancelByHand, callId: string): Promise<Answer> => {
    const found = await findRestore(ports, restoreId);
    const records = await readRestore(ports, restoreId);
    if (found.execution.status !== "RUNNING") return ended(ports, found.execution, records, restoreId);
    const place = placeOf(ports, found, records);
    if (!(await claimCancel(ports, restoreId)))
      return {
        verdict: `Too late: the swap of ${restoreId} had begun. It goes on to its end, and nothing was stopped`,
        figures: { restoreId, ...place },
        next: `Look how it ends: ${describeCommand(ports.stage, restoreId)}\nthen put the old state back: ${rollbackCommand(ports.stage, restoreId, place.target)}`,
      };
    const at = whatItIsAt(records);
    await record(ports, {
      ...{ schema: 1, restoreId, ...place, because, requestedBy: { claimed: requestedBy ?? null, call: callId } },
      ...{ cancelledAt: ports.clock().toISOString(), at },
    });
    const isGone = await untilGone(ports, found, `cancelled by ${requestedBy ?? "somebody"}: ${because}`);
    const after = await readRestore(ports, restoreId);
    const { status } = await ports.executions.describe(found.execution.arn);
    if (status === "SUCCEEDED") return ended(ports, { ...found.execution, status }, after, restoreId);
    const figures = { restoreId, ...place, at, cancelled: after.cancelled, safetyPoint: after.safety };
    if (!isGone)
      return {
        verdict: `CANCELLED: nothing will be swapped into ${place.target}, which is as it was; but something of the restore still runs`,
        figures,
        next: "Call cancel-restore again to wait for its end.",
      };
    const wasKilled = after.progress !== undefined && !after.hasOutcome;
    return {
      verdict: `CANCELLED: ${place.target} is as it was, nothing was swapped in`,
      figures: { ...figures, ...(wasKilled && { mayBeLeft: leftovers(restoreId) }) },
      next: wasKilled
        ? 'Its task did not stop in time and was killed: see "Leftovers" in docs/runbooks/RestoreFailed.md for what it may have left beside the target.'
        : "Nothing.",
    };
  };

function ended({ stage }: Ports, { status }: ExecutionDetails, records: RestoreRecords, restoreId: RestoreId): Answer {
  const { evidence, cancelled } = records;
  if (status === "SUCCEEDED")
    return {
      verdict: `Too late: ${restoreId} has ended, and what it restored is in place`,
      figures: { restoreId, target: evidence?.target, finishedAt: evidence?.finishedAt },
      next: evidence ? `To put the old state back: ${rollbackCommand(stage, restoreId, evidence.target)}` : "Nothing.",
    };
  if (cancelled)
    return {
      verdict: `CANCELLED already, at ${cancelled.cancelledAt}, because: ${cancelled.because}. ${cancelled.target} is as it was`,
      figures: { restoreId, cancelled },
      next: "Nothing.",
    };
  return {
    verdict: `There is nothing to cancel: ${restoreId} ended ${status}`,
    figures: { restoreId },
    next: `What came of it: ${describeCommand(stage, restoreId)}`,
  };
}

function placeOf({ plan }: Ports, { request }: FoundRestore, { chosen }: RestoreRecords) {
  const source = chosen?.source ?? request?.source ?? "unknown";
  return { source, target: chosen?.target ?? request?.target ?? plan.sources[source]?.restoreTo ?? "unknown" };
}

/** The first to cancel is the one that is written down. */
async function record(ports: Ports, cancelled: Cancelled): Promise<void> {
  const key = ports.layout.cancelled(cancelled.restoreId);
  const body = `${JSON.stringify(cancelled, null, 2)}\n`;
  await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), body);
}

/** Stops what runs of it, and looks again: a state that was about to start something has started it meanwhile. */
async function untilGone(ports: Ports, { restoreId, execution }: FoundRestore, reason: string): Promise<boolean> {
  const { executions, tasks, waiting, layout, patienceMs = 780_000, lookEveryMs = 1_000 } = ports;
  const isItsTask = (key: string) =>
    key.startsWith(layout.run(restoreId)) || (key.startsWith(layout.runs) && key.includes(`-safety-${restoreId}/`));
  const told = new Set<string>();
  const once = async (arn: string, stop: () => Promise<unknown>) => {
    if (!told.has(arn)) await stop();
    told.add(arn);
  };
  const deadline = performance.now() + patienceMs;
  do {
    const token = await newestToken(ports, restoreId); // it may wait for a second person
    if (token !== undefined) await once(token, () => waiting.fail(token, "RestoreCancelled", reason));
    const safety = await safetyBackupOf(ports, restoreId);
    if (safety !== undefined) await once(safety, () => executions.stop(safety, reason));
    const running = await tasks.of(isItsTask);
    for (const task of running) await once(task, () => tasks.stop(task, reason));
    const { status } = await executions.describe(execution.arn);
    if (status !== "RUNNING" && running.length === 0 && safety === undefined) return true;
    await wait(lookEveryMs);
  } while (performance.now() < deadline);
  return false;
}

const leftovers = (restoreId: RestoreId) => [
  `PostgreSQL: databases holdfast_${restoreId}_<n>, and roles that it made`,
  `files: the folder <path>.holdfast-${restoreId} beside the target`,
];
