import { ConfirmationNeeded, TargetUnfit, TaskFailed } from "#domain/errors.ts";
import { hasHooks } from "#domain/hooks.ts";
import { Inspected } from "#domain/outcome.ts";
import type { Plan } from "#domain/plan.ts";
import type { RestorePlan } from "#domain/restore-plan.ts";
import type { TaskEnd } from "#domain/task-input.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import type { RunLog } from "#ports/log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { judgeTask } from "./judge-task.ts";
import { placeOfCopy } from "./open-copy.ts";
import { targetOf } from "./plan-restore.ts";
import { readEvidence } from "./read-evidence.ts";
import { storeTaskInput } from "./store-task-input.ts";
import { throwIfDecidedAgainst } from "./swap-or-cancel.ts";

type Ports = CatalogPorts & { plan: Plan; swapKeepsOldState: Record<string, boolean>; log: RunLog };
type Input = { input: RestoreRequested; plan: RestorePlan; inspected: TaskEnd[] };
export type PassedInterlock = {
  safety: "none" | "committed" | "verified";
  safetyInput: { safetyFor: string; target: string; holds: string[] };
  restore: { source: string; taskInputKey: string; hasHooks: boolean }[];
};

/**
 * Lets a restore go on only into a target that fits, and that was named when it is live or holds what holdfast did not put
 * there. Says which safety point comes first. Throws `TargetUnfit` or `ConfirmationNeeded`; nothing has been touched.
 */
export const checkInterlock =
  (ports: Ports) =>
  async ({ input, plan, inspected }: Input): Promise<PassedInterlock> => {
    const { restoreId, source, target, backupId } = plan;
    ports.log.belongsTo(restoreId);
    await throwIfDecidedAgainst(ports, restoreId); // that may be why the target was not looked at
    const task = `inspect-${source}`;
    const judged = await judgeTask(ports, { runId: restoreId, task }, inspected[0], Inspected);
    if (!judged.succeeded)
      throw new TaskFailed(`${target} could not be looked at; nothing was touched: ${judged.reason}`);
    const { fingerprint, holds, problems } = judged.outcome;
    if (problems.length > 0)
      throw new TargetUnfit(`${target} can't take ${backupId}; nothing was touched:\n${problems.join("\n")}`);

    const ours = new Set(
      (await readEvidence(ports, target)).flatMap(({ putThere }) => putThere.map(({ mark }) => mark)),
    );
    const foreign = holds.filter(({ mark }) => !ours.has(mark));
    const needsConfirmation = plan.isLive || foreign.length > 0;
    if (needsConfirmation && input.confirm !== target) {
      const why = plan.isLive ? "is live" : "holds data that holdfast did not put there";
      const what = holds.map(({ what: held }) => held).join(", ") || "nothing";
      throw new ConfirmationNeeded(
        `${target} ${why} (${what}); nothing was touched. To replace it, add "confirm": "${target}" to the same input`,
      );
    }
    const { engine, section, hooks } = targetOf(ports.plan, { source, target });
    const run = { runId: restoreId, task: source, source, engine, backupId, restoreId };
    const from = placeOfCopy(ports.plan, plan.from);
    const told = {
      verb: "restore" as const,
      ...run,
      target,
      section,
      options: input.options,
      ...(from && { from }),
      fingerprint,
    };
    const restore = [{ ...(await storeTaskInput(ports, told)), hasHooks: hasHooks(hooks) }];
    const isSafetyNeeded = needsConfirmation && holds.length > 0 && input.safety === "before";
    ports.log.info(`${target} may be restored into`, { needsConfirmation, isSafetyNeeded });
    return {
      safety: !isSafetyNeeded ? "none" : ports.swapKeepsOldState[engine] ? "committed" : "verified",
      safetyInput: { safetyFor: restoreId, target, holds: holds.map(({ name }) => name) },
      restore,
    };
  };
