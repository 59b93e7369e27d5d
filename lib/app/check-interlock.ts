import { approvalSeconds } from "#domain/approval.ts";
import type { Asked } from "#domain/asked.ts";
import { ConfirmationNeeded, TargetUnfit, TaskFailed } from "#domain/errors.ts";
import { hasHooks } from "#domain/hooks.ts";
import { Inspected } from "#domain/outcome.ts";
import type { Plan } from "#domain/plan.ts";
import type { RestorePlan } from "#domain/restore-plan.ts";
import type { TaskEnd } from "#domain/task-input.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { judgeApproval } from "./judge-approval.ts";
import { judgeTask } from "./judge-task.ts";
import { placeOfCopy } from "./open-copy.ts";
import { storeInspection, targetOf } from "./plan-restore.ts";
import { readApproval } from "./read-approval.ts";
import { readEvidence } from "./read-evidence.ts";
import { storeReading } from "./store-task-input.ts";
import { throwIfDecidedAgainst } from "./swap-or-cancel.ts";

type Ports = CatalogPorts & {
  stage: string;
  plan: Plan;
  swapKeepsOldState: Record<string, boolean>;
  clock: Clock;
  log: RunLog;
};
type Input = { input: RestoreRequested; plan: RestorePlan; executionId: string; inspected: TaskEnd[] };
type Tasks = { source: string; taskInputKey: string }[];
export type PassedInterlock = {
  /** `needed`: nothing goes on before somebody else was asked, and the target was looked at once more by `inspect`. */
  approval: {
    is: "none" | "needed" | "given" | "glass broken";
    seconds: number;
    asked: Asked | object;
    inspect: Tasks;
  };
  safety: "none" | "committed" | "verified";
  safetyInput: { safetyFor: string; target: string; holds: string[] };
  restore: { source: string; taskInputKey: string; hasHooks: boolean }[];
};

/**
 * Lets a restore go on only into a target that fits, that was named when it is live or holds what holdfast did not put there,
 * and that a second person has approved where the plan wants one. Says which safety point comes first. Throws `TargetUnfit`,
 * `ConfirmationNeeded`, `ApprovalInvalid` or `TargetChanged`; nothing has been touched.
 */
export const checkInterlock =
  (ports: Ports) =>
  async ({ input, plan, executionId, inspected }: Input): Promise<PassedInterlock> => {
    const { restoreId, source, target, backupId } = plan;
    ports.log.belongsTo(restoreId);
    await throwIfDecidedAgainst(ports, restoreId); // that may be why the target was not looked at
    const known = await readApproval(ports, restoreId); // once somebody was asked, the target has been looked at again
    const task = known ? `inspect-again-${source}` : `inspect-${source}`;
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
    const isSafetyNeeded = needsConfirmation && holds.length > 0 && input.safety === "before";
    const passed = {
      safety: !isSafetyNeeded ? "none" : ports.swapKeepsOldState[engine] ? "committed" : "verified",
      safetyInput: { safetyFor: restoreId, target, holds: holds.map(({ name }) => name) },
    } as const;
    const from = placeOfCopy(ports.plan, plan.from);
    const its = { restoreId, source, engine, backupId, target, section, options: input.options };
    const found = { section, fingerprint, holds: holds.map(({ what }) => what) };
    const { is, asked } = judgeApproval(ports, { input, plan, executionId, found, known });
    const seconds = approvalSeconds(ports.plan);
    if (is === "needed") {
      const inspect = [await storeInspection(ports, `inspect-again-${source}`, { ...its, from })];
      ports.log.info(`${target} waits for a second person`, { seconds });
      return { approval: { is, seconds, asked, inspect }, ...passed, restore: [] };
    }
    const run = { runId: restoreId, task: source, ...its };
    const told = { verb: "restore" as const, ...run, ...(from && { from }), fingerprint };
    const restore = [{ ...(await storeReading(ports, told)), hasHooks: hasHooks(hooks) }];
    ports.log.info(`${target} may be restored into`, { needsConfirmation, isSafetyNeeded, approval: is });
    return { approval: { is, seconds, asked, inspect: [] }, ...passed, restore };
  };
