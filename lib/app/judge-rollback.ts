import { HAS_TO_BE_TOLD, waitsForApproval } from "#domain/approval.ts";
import { type AskedRollback, rollbackBoundTo } from "#domain/asked.ts";
import { ApprovalInvalid, InputInvalid } from "#domain/errors.ts";
import type { Evidence } from "#domain/evidence.ts";
import { type RollbackId, rollbackIdOf } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { RollbackByHand } from "#events/by-hand.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import { requestApproval } from "./ask-for-approval.ts";
import type { Audit } from "./audit-log.ts";
import { breakGlass } from "./break-glass.ts";
import type { CatalogPorts } from "./catalog.ts";
import { throwUnlessApproved } from "./judge-approval.ts";
import { readApproval } from "./read-approval.ts";
import { decideCommands, rollbackCommand } from "./restore-commands.ts";
import type { Answer } from "./start-backup.ts";

export type ApprovalPorts = CatalogPorts & {
  stage: string;
  plan: Plan;
  signer: Signer;
  events: Events;
  audit: Audit;
  clock: Clock;
  log: RunLog;
};
type Rollback = {
  input: RollbackByHand;
  evidence: Evidence;
  evidenceSha256: string;
  section: Record<string, unknown>;
  callId: string;
};

/**
 * Undefined where the rollback may go on: nobody has to approve it, somebody has, or one person alone says so aloud. Else a second
 * person has been asked, and this is what to answer. No machine waits: a rollback is called again with what was approved, once.
 * Throws `ApprovalInvalid`, `TargetChanged`, or `InputInvalid` where nobody says who asks.
 */
export async function judgeRollback(ports: ApprovalPorts, rollback: Rollback): Promise<Answer | undefined> {
  const { input, evidence, callId } = rollback;
  const { target } = evidence;
  if (!waitsForApproval(ports.plan, ports.stage, target)) return undefined;
  const requestId = input.requestId ?? rollbackIdOf(callId, ports.clock());
  const asked = askedFor(ports.plan, requestId, rollback);
  if (input.breakGlass) return void (await breakGlass(ports)({ asked, breakGlass: input.breakGlass }));
  if (input.requestId !== undefined) return void (await useApproval(ports, asked));
  if (input.requestedBy === undefined)
    throw new InputInvalid(`requestedBy: a rollback of ${target} waits for a second person, ${HAS_TO_BE_TOLD}`);
  const { until } = await requestApproval(ports, { asked, askedAt: ports.clock() });
  return {
    verdict: `${target} was not rolled back: it waits for a second person until ${until}. Nothing was touched`,
    figures: { requestId, restoreId: evidence.restoreId, until },
    next: [
      `Somebody else: ${decideCommands(ports.stage, { requestId, target })}`,
      `then you: ${rollbackCommand(ports.stage, evidence.restoreId, target, requestId)}`,
    ].join("\n"),
  };
}

/** One word is good for one call. */
async function useApproval(ports: ApprovalPorts, asked: AskedRollback): Promise<void> {
  const { rollbackId, restoreId, target } = asked;
  const known = await readApproval(ports, rollbackId);
  if (!known) throw new InputInvalid(`requestId: nobody was asked for ${rollbackId}`);
  const changed = `was restored by another restore than ${restoreId}, or is reached otherwise; nothing was touched. Ask again`;
  throwUnlessApproved(ports, known, asked, changed);
  if (
    (await ports.repository.create(ports.layout.approvalUsed(rollbackId), JSON.stringify({ restoreId }))) === "exists"
  )
    throw new ApprovalInvalid(`${target}: ${rollbackId} was used already: one word is good for one request, once`);
}

function askedFor(plan: Plan, rollbackId: RollbackId, rollback: Rollback): AskedRollback {
  const { input, evidence, evidenceSha256, section, callId } = rollback;
  const { restoreId, source, target, finishedAt, kept } = evidence;
  return {
    ...{ rollbackId, restoreId, source, target, since: finishedAt, because: input.because ?? null },
    isLive: plan.targets[target]?.live === true,
    what: kept.map((one) => one.what).join(", ") || "nothing",
    requestedBy: { claimed: input.requestedBy ?? "somebody who gave no name", execution: callId },
    boundTo: rollbackBoundTo({ rollbackId, evidenceSha256, section }),
  };
}
