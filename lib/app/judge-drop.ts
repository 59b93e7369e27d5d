import { approvalSeconds, HAS_TO_BE_TOLD, waitsForApproval } from "#domain/approval.ts";
import { type Asked, type AskedDrop, dropBoundTo } from "#domain/asked.ts";
import { InputInvalid } from "#domain/errors.ts";
import { dropIdOf } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { DropRequested } from "#events/drop-requested.ts";
import type { Clock } from "#ports/log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { type JudgedApproval, throwUnlessApproved } from "./judge-approval.ts";
import type { KeptState } from "./kept-states.ts";
import { targetOf } from "./plan-restore.ts";
import { readApproval } from "./read-approval.ts";

type Ports = CatalogPorts & { plan: Plan; stage: string; clock: Clock };
type Drop = {
  input: DropRequested;
  execution: { id: string; startTime: string };
  /** What would go; `isInTime`: by the plan it would stay. */
  due: (KeptState & { isSooner: boolean })[];
};
export type JudgedDrop = { is: JudgedApproval["is"]; seconds: number; asked: Asked | object };

/**
 * Whether this drop waits for a second person: where one has to want a restore, one alone does not drop what undoes it sooner
 * than the plan does. What was approved is held against what would be dropped now: throws `ApprovalInvalid`, `TargetChanged`, or
 * `InputInvalid` where nobody says who asks.
 */
export async function judgeDrop(ports: Ports, { input, execution, due }: Drop): Promise<JudgedDrop> {
  const { plan, stage } = ports;
  const { target, olderThan, breakGlass, requestedBy } = input;
  const seconds = approvalSeconds(plan);
  if (target === undefined || olderThan === undefined || !waitsForApproval(plan, stage, target))
    return { is: "none", seconds, asked: {} };
  const known = await readApproval(ports, dropIdOf(execution.id, new Date(execution.startTime)));
  if (!known && !due.some(({ isSooner }) => isSooner)) return { is: "none", seconds, asked: {} };
  const asked = askedFor(plan, { target, olderThan, input, execution, due });
  if (breakGlass) return { is: "glass broken", seconds, asked };
  if (requestedBy === undefined)
    throw new InputInvalid(
      `requestedBy: what is kept at ${target} is dropped sooner than the plan does (${asked.inPlan}) by a second person's word only, ${HAS_TO_BE_TOLD}`,
    );
  if (!known) return { is: "needed", seconds, asked };
  const changed =
    "holds other old states, is being restored into, or is reached otherwise; nothing was dropped. Start the drop again";
  throwUnlessApproved(ports, known, asked, changed);
  return { is: "given", seconds, asked };
}

type About = Drop & { target: string; olderThan: string };
function askedFor(plan: Plan, { target, olderThan, input, execution, due }: About): AskedDrop {
  const dropId = dropIdOf(execution.id, new Date(execution.startTime));
  const kept = due.map(({ restoreId, source, since, what }) => ({ restoreId, source, since, what }));
  const sections = due.map(({ source }) => targetOf(plan, { source, target }).section);
  return {
    ...{ dropId, target, olderThan, kept, because: input.because ?? null },
    inPlan: plan.targets[target]?.keepOldState ?? "forever",
    requestedBy: { claimed: input.requestedBy ?? "somebody who gave no name", execution: execution.id },
    boundTo: dropBoundTo({ execution: execution.id, dropId, target, sections, kept }),
  };
}
