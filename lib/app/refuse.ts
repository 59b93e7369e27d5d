import type { RefuseByHand } from "#events/by-hand.ts";
import type { WaitingStates } from "#ports/executions.ts";
import { type DecisionPorts, decideApproval } from "./decide-approval.ts";
import type { Answer } from "./start-backup.ts";

/** A second person ends a restore that waits for one: it fails, and nothing was touched. Throws `InputInvalid` or `ApprovalInvalid`. */
export const refuse =
  (ports: DecisionPorts & { waiting: WaitingStates }) =>
  async ({ restoreId, confirm, refusedBy, because }: RefuseByHand, callId: string): Promise<Answer> => {
    const who = { claimed: refusedBy, call: callId };
    const cause = `Refused by ${refusedBy}, because: ${because}. Nothing was touched`;
    const word = { restoreId, confirm, decision: "refused" as const, who, because };
    const {
      schema: _,
      boundTo: __,
      ...request
    } = await decideApproval(ports, word, (token) => ports.waiting.fail(token, "ApprovalRefused", cause));
    return {
      verdict: `REFUSED by ${refusedBy}: nothing is restored into ${request.target}, which is as it was`,
      figures: request,
      next: "A message tells everybody that it was refused, by whom and why.",
    };
  };
