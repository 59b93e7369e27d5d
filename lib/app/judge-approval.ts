import { waitsForApproval, whoAsksProblem, whyNotApproved } from "#domain/approval.ts";
import { type Asked, type AskedRestore, boundTo } from "#domain/asked.ts";
import { ApprovalInvalid, InputInvalid, TargetChanged } from "#domain/errors.ts";
import type { Plan } from "#domain/plan.ts";
import type { RestorePlan } from "#domain/restore-plan.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import type { Clock } from "#ports/log.ts";
import type { ReadApproval } from "./read-approval.ts";

type Ports = { plan: Plan; stage: string; clock: Clock };
type Restore = {
  input: RestoreRequested;
  plan: RestorePlan;
  executionId: string;
  /** The target as the plan has it, and as it was found. */
  found: { section: Record<string, unknown>; fingerprint: string; holds: string[] };
  /** What is written down of this restore. */
  known: ReadApproval | undefined;
};
export type JudgedApproval = { is: "none" | "needed" | "given" | "glass broken"; asked: Asked };

/**
 * Whether this restore waits for a second person. What was approved is held against what would be done now: throws
 * `ApprovalInvalid` where nobody's word counts for it, `TargetChanged` where the word was about something else.
 */
export function judgeApproval(ports: Ports, restore: Restore): JudgedApproval {
  const { input, plan, found, known } = restore;
  const { target } = plan;
  const asked = askedFor(restore);
  if (!waitsForApproval(ports.plan, ports.stage, target)) return { is: "none", asked };
  if (input.breakGlass) return { is: "glass broken", asked };
  const nameless = whoAsksProblem(ports.plan, ports.stage, target, input);
  if (nameless !== undefined) throw new InputInvalid(nameless);
  if (!known) return { is: "needed", asked };
  const changed = `is another server or place, or is reached otherwise (${found.fingerprint}); nothing was touched. Start the restore again`;
  throwUnlessApproved(ports, known, asked, changed);
  return { is: "given", asked };
}

/** `changed`: what is not as it was approved, and what to start again. */
export function throwUnlessApproved(
  { clock }: Pick<Ports, "clock">,
  known: ReadApproval,
  asked: Asked,
  changed: string,
) {
  const { request, requestSha256, decision } = known;
  const problem = whyNotApproved(request, requestSha256, decision, clock());
  if (problem !== undefined) throw new ApprovalInvalid(`${asked.target}: ${problem}; nothing was touched`);
  if (request.boundTo !== asked.boundTo)
    throw new TargetChanged(
      `${asked.target} is not what ${decision?.who.claimed} has approved: it ${changed}, and have it approved as it is now`,
    );
}

function askedFor({ input, plan, executionId, found: { section, fingerprint, holds } }: Restore): AskedRestore {
  const { restoreId, source, target, isLive, backupId, from, recoveredTo } = plan;
  const { options, safety, because, requestedBy } = input;
  const bound = { execution: executionId, restoreId, source, backupId, from, target };
  return {
    ...{ restoreId, source, target, isLive, backupId, from: from ?? null, recoveredTo, holds },
    requestedBy: { claimed: requestedBy ?? "somebody who gave no name", execution: executionId },
    ...{ safety, because: because ?? null },
    boundTo: boundTo({ ...bound, section, fingerprint, options, safety }),
  };
}
