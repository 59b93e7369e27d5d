import { durationMs } from "#domain/duration.ts";
import { InputInvalid } from "#domain/errors.ts";
import type { Plan } from "#domain/plan.ts";
import type { DropRequested } from "#events/drop-requested.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Machines } from "#ports/messaging.ts";
import type { CatalogPorts } from "./catalog.ts";
import { type JudgedDrop, judgeDrop } from "./judge-drop.ts";
import { type KeptState, keptStates } from "./kept-states.ts";
import { restoringInto } from "./lease-target.ts";
import { targetOf } from "./plan-restore.ts";
import { storeTaskInput } from "./store-task-input.ts";

type Ports = CatalogPorts & { plan: Plan; stage: string; machines: Machines; clock: Clock; log: RunLog };
type Input = { input: DropRequested; execution: { id: string; name: string; startTime: string } };
/** `approval.is` `needed`: nothing goes on before somebody else was asked, and this was planned once more. */
export type PlannedDrop = {
  runId: string;
  approval: JudgedDrop;
  drops: { source: string; taskInputKey: string }[];
};
type Due = KeptState & { keptFor: string; isSooner: boolean };

/**
 * One task for every restore whose kept state has had its time. Nothing is dropped at a target that is being restored into: a
 * later run finds it again. Throws `InputInvalid`, and `ApprovalInvalid` or `TargetChanged` where a second person has to want it.
 */
export const planDrop =
  (ports: Ports) =>
  async ({ input, execution }: Input): Promise<PlannedDrop> => {
    const { plan } = ports;
    const { target: only } = input;
    const runId = `drop-${execution.name}`;
    ports.log.belongsTo(runId);
    if (only !== undefined && !plan.targets[only])
      throw new InputInvalid(
        `target: there is no target "${only}"; the plan has ${Object.keys(plan.targets).join(", ")}`,
      );
    const due = await dueAt(ports, new Date(execution.startTime), input);
    const approval = await judgeDrop(ports, { input, execution, due });
    if (approval.is === "needed") {
      ports.log.info(`${only} waits for a second person`, { seconds: approval.seconds });
      return { runId, approval, drops: [] };
    }
    const drops: PlannedDrop["drops"] = [];
    for (const { restoreId, source, target, keptFor } of due) {
      const { engine, section } = targetOf(plan, { source, target });
      const run = { runId, task: restoreId, source, engine };
      drops.push(await storeTaskInput(ports, { verb: "drop", ...run, restoreId, target, section, keptFor }));
    }
    ports.log.info(`${drops.length} old states have had their time`, { runId });
    return { runId, approval, drops };
  };

/** By the time at which the run was started: whoever is asked meanwhile is asked for the same ones. */
async function dueAt(ports: Ports, at: Date, { target: only, olderThan }: DropRequested): Promise<Due[]> {
  const isOver = (since: string, keptFor: string) =>
    keptFor !== "forever" && Date.parse(since) + durationMs(keptFor) <= at.getTime();
  const due: Due[] = [];
  for (const kept of await keptStates(ports)) {
    const { restoreId, target, since } = kept;
    const inPlan = ports.plan.targets[target]?.keepOldState ?? "forever";
    const keptFor = olderThan ?? inPlan;
    if ((only !== undefined && target !== only) || !isOver(since, keptFor)) continue;
    if ((await restoringInto(ports, target)) !== undefined)
      ports.log.info(`${target} is being restored into: what ${restoreId} has kept stays for now`);
    else due.push({ ...kept, keptFor, isSooner: !isOver(since, inPlan) });
  }
  return due;
}
