import { describeMs } from "#domain/progress.ts";
import type { ApproveByHand } from "#events/by-hand.ts";
import type { WaitingStates } from "#ports/executions.ts";
import { type DecisionPorts, decideApproval } from "./decide-approval.ts";
import { describeCommand } from "./restore-commands.ts";
import type { Answer } from "./start-backup.ts";

/** A second person lets a restore go on that waits for one. Throws `InputInvalid` or `ApprovalInvalid`; it waits on then, or has ended. */
export const approve =
  (ports: DecisionPorts & { waiting: WaitingStates }) =>
  async ({ restoreId, confirm, approvedBy, because }: ApproveByHand, callId: string): Promise<Answer> => {
    const who = { claimed: approvedBy, call: callId };
    const word = { restoreId, confirm, decision: "approved" as const, who, because: because ?? null };
    const { schema: _, boundTo: __, ...request } = await decideApproval(ports, word, ports.waiting.goOn);
    const age = describeMs(ports.clock().getTime() - Date.parse(request.recoveredTo));
    return {
      verdict: `APPROVED by ${approvedBy}: ${request.source} as it was at ${request.recoveredTo}, ${age} ago, is restored into ${request.target}. The target is looked at once more first`,
      figures: request,
      next: `How far it is, and to stop it: ${describeCommand(ports.stage, restoreId)}`,
    };
  };
