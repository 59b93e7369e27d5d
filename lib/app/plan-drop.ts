import { durationMs } from "#domain/duration.ts";
import { InputInvalid } from "#domain/errors.ts";
import { Evidence, Rollback } from "#domain/evidence.ts";
import { RestoreId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import type { Plan } from "#domain/plan.ts";
import type { DropRequested } from "#events/drop-requested.ts";
import { RestoreRequested } from "#events/restore-requested.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Machines } from "#ports/messaging.ts";
import type { CatalogPorts } from "./catalog.ts";
import { targetOf } from "./plan-restore.ts";
import { readDropped } from "./read-evidence.ts";
import { readSignedProof } from "./signed-objects.ts";
import { storeTaskInput } from "./store-task-input.ts";

type Ports = CatalogPorts & { plan: Plan; machines: Machines; restoreMachine: string; clock: Clock; log: RunLog };
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
    const busy = await busyTargets(ports);
    const drops: PlannedDrop["drops"] = [];
    for (const { restoreId, source, target, since } of await keptStates(ports)) {
      const inPlan = ports.plan.targets[target];
      const keptFor = olderThan ?? inPlan?.keepOldState ?? "forever";
      if (only !== undefined && target !== only) continue;
      if (keptFor === "forever" || Date.parse(since) + durationMs(keptFor) > ports.clock().getTime()) continue;
      if (busy.has(target)) {
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

async function busyTargets({ machines, restoreMachine, plan }: Ports): Promise<Set<string>> {
  const asked = (await machines.running(restoreMachine)).map((input) => RestoreRequested.safeParse(input).data);
  return new Set(
    asked.flatMap((input) => {
      const target = input && (input.target ?? plan.sources[input.source]?.restoreTo);
      return target === undefined ? [] : [target];
    }),
  );
}
