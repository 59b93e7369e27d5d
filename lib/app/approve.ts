import type { ApprovalRequest } from "#domain/approval.ts";
import { describeMs } from "#domain/progress.ts";
import type { ApproveByHand } from "#events/by-hand.ts";
import type { WaitingStates } from "#ports/executions.ts";
import { type DecisionPorts, decideApproval } from "./decide-approval.ts";
import { describeCommand, rollbackCommand } from "./restore-commands.ts";
import type { Answer } from "./start-backup.ts";

type Ports = DecisionPorts & { waiting: WaitingStates };

/** A second person lets go on what waits for one. Throws `InputInvalid` or `ApprovalInvalid`; it waits on then, or has ended. */
export const approve =
  (ports: Ports) =>
  async ({ requestId, confirm, approvedBy, because }: ApproveByHand, callId: string): Promise<Answer> => {
    const who = { claimed: approvedBy, call: callId };
    const word = { requestId, confirm, decision: "approved" as const, who, because: because ?? null };
    const request = await decideApproval(ports, word, ports.waiting.goOn);
    const { schema: _, boundTo: __, ...figures } = request;
    return { ...whatGoesOn(ports, request, approvedBy), figures };
  };

function whatGoesOn({ clock, stage }: Ports, request: ApprovalRequest, approvedBy: string) {
  if ("dropId" in request)
    return {
      verdict: `APPROVED by ${approvedBy}: what restores have kept in ${request.target} is dropped, if it is still the same: ${request.kept.map(({ restoreId }) => restoreId).join(", ")}`,
      next: "A message tells everybody if it fails; what is dropped is recorded beside each restore's evidence.",
    };
  if ("rollbackId" in request)
    return {
      verdict: `APPROVED by ${approvedBy}: ${request.target} may be rolled back to what it was before the restore ${request.restoreId}, once, within an hour`,
      next: `Whoever has asked calls again: ${rollbackCommand(stage, request.restoreId, request.target, request.rollbackId)}`,
    };
  const age = describeMs(clock().getTime() - Date.parse(request.recoveredTo));
  return {
    verdict: `APPROVED by ${approvedBy}: ${request.source} as it was at ${request.recoveredTo}, ${age} ago, is restored into ${request.target}. The target is looked at once more first`,
    next: `How far it is, and to stop it: ${describeCommand(stage, request.restoreId)}`,
  };
}
