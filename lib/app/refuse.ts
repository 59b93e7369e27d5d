import type { RefuseByHand } from "#events/by-hand.ts";
import type { WaitingStates } from "#ports/executions.ts";
import { type DecisionPorts, decideApproval } from "./decide-approval.ts";
import type { Answer } from "./start-backup.ts";

/** A second person ends what waits for one: it fails, and nothing was touched. Throws `InputInvalid` or `ApprovalInvalid`. */
export const refuse =
  (ports: DecisionPorts & { waiting: WaitingStates }) =>
  async ({ requestId, confirm, refusedBy, because }: RefuseByHand, callId: string): Promise<Answer> => {
    const who = { claimed: refusedBy, call: callId };
    const cause = `Refused by ${refusedBy}, because: ${because}. Nothing was touched`;
    const word = { requestId, confirm, decision: "refused" as const, who, because };
    const deliver = (token: string) => ports.waiting.fail(token, "ApprovalRefused", cause);
    const { schema: _, boundTo: __, ...request } = await decideApproval(ports, word, deliver);
    const what = "dropId" in request ? "dropped from" : "rollbackId" in request ? "put back in" : "restored into";
    return {
      verdict: `REFUSED by ${refusedBy}: nothing is ${what} ${request.target}, which is as it was`,
      figures: request,
      next: "A message tells everybody that it was refused, by whom and why.",
    };
  };
