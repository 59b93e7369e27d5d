import { waitsForApproval } from "#domain/approval.ts";
import { durationMs } from "#domain/duration.ts";
import { InputInvalid } from "#domain/errors.ts";
import { Evidence, Rollback } from "#domain/evidence.ts";
import { RestoreId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import type { Plan } from "#domain/plan.ts";
import type { DropRequested } from "#events/drop-requested.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Machines } from "#ports/messaging.ts";
import type { CatalogPorts } from "./catalog.ts";
import { restoringInto } from "./lease-target.ts";
import { targetOf } from "./plan-restore.ts";
import { readDropped } from "./read-evidence.ts";
import { readSignedProof } from "./signed-objects.ts";
import { storeTaskInput } from "./store-task-input.ts";

type Ports = CatalogPorts & { plan: Plan; stage: string; machines: Machines; clock: Clock; log: RunLog };
type Input = { input: DropRequested; execution: { name: string } };
export type PlannedDrop = { runId: string; drops: { source: string; taskInputKey: string }[] };
type Kept = { restoreId: RestoreId; source: string; target: string; since: string };

/**
 * One task for every restore whose kept state has had its time: it is asked of the evidence that we have signed. Nothing is
 * dropped at a target that is being restored into: a later run finds it again. Throws `InputInvalid`.
 */
export const planDrop =
  (ports: Ports) =>
  async ({ input: { target: only, olderThan }, execution }: Input): Promise<PlannedDrop> => {
    const runId = `drop-${execution.name}`;
    ports.log.belongsTo(runId);
    if (only !== undefined && !ports.plan.targets[only])
      throw new InputInvalid(
        `target: there is no target "${only}"; the plan has ${Object.keys(ports.plan.targets).join(", ")}`,
      );
    if (only !== undefined && olderThan !== undefined) refuseOutsidePolicy(ports, only, olderThan);
    const drops: PlannedDrop["drops"] = [];
    for (const { restoreId, source, target, since } of await keptStates(ports)) {
      const inPlan = ports.plan.targets[target];
      const keptFor = olderThan ?? inPlan?.keepOldState ?? "forever";
      if (only !== undefined && target !== only) continue;
      if (keptFor === "forever" || Date.parse(since) + durationMs(keptFor) > ports.clock().getTime()) continue;
      if ((await restoringInto(ports, target)) !== undefined) {
        ports.log.info(`${target} is being restored into: what ${restoreId} has kept stays for now`);
        continue;
      }
      const { engine, section } = targetOf(ports.plan, { source, target });
      const run = { runId, task: restoreId, source, engine };
      drops.push(await storeTaskInput(ports, { verb: "drop", ...run, restoreId, target, section, keptFor }));
    }
    ports.log.info(`${drops.length} old states have had their time`, { runId });
    return { runId, drops };
  };

/** Where a second person has to want a restore, one alone does not drop what undoes it sooner than the plan does. */
function refuseOutsidePolicy({ plan, stage }: Ports, target: string, olderThan: string): void {
  const inPlan = plan.targets[target]?.keepOldState ?? "forever";
  const isSooner = inPlan === "forever" || durationMs(olderThan) < durationMs(inPlan);
  if (isSooner && waitsForApproval(plan, stage, target))
    throw new InputInvalid(
      `olderThan: restores into ${target} wait for a second person, so what they have kept is dropped by the plan alone: ${inPlan}. Nothing was dropped. To drop it sooner, change keepOldState of ${target}, which somebody reviews, and deploy`,
    );
}

/** What restores and rollbacks have kept, and nobody has dropped by us. */
async function keptStates(ports: Ports): Promise<Kept[]> {
  const { repository, layout } = ports;
  const found: Kept[] = [];
  for (const name of await repository.folders(layout.restores)) {
    const id = RestoreId.safeParse(name).data;
    if (id === undefined || (await readDropped(ports, id))) continue;
    const evidence = await readSignedProof(ports, layout.evidence(id));
    if (!evidence) continue;
    const rollback = await readSignedProof(ports, layout.rollback(id));
    const newest = rollback
      ? parseJson(rollback, Rollback, layout.rollback(id))
      : parseJson(evidence, Evidence, layout.evidence(id));
    const { restoreId, source, target, kept, finishedAt } = newest;
    if (kept.length > 0) found.push({ restoreId, source, target, since: finishedAt });
  }
  return found;
}
