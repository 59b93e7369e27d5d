import type { z } from "zod";
import type { CopyPlace } from "#domain/copies.ts";
import { InputInvalid } from "#domain/errors.ts";
import { NO_HOOKS } from "#domain/hooks.ts";
import { restoreIdOf } from "#domain/ids.ts";
import type { Plan, Target } from "#domain/plan.ts";
import type { RestorePlan } from "#domain/restore-plan.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Machines } from "#ports/messaging.ts";
import type { Audit } from "./audit-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { choosePoint } from "./choose-point.ts";
import { leaseTarget } from "./lease-target.ts";
import { type OpenCopy, placeOfCopy } from "./open-copy.ts";
import { refuseSuspected } from "./refuse-suspected.ts";
import { storeReading } from "./store-task-input.ts";

/** A state holds 256 KiB. */
const FELL_BACK_CHARACTERS = 1_000;

type Ports = CatalogPorts & {
  openCopy: OpenCopy;
  plan: Plan;
  restoreOptions: Record<string, z.ZodType>;
  machines: Machines;
  audit: Audit;
  clock: Clock;
};
type Input = { input: RestoreRequested; execution: { id: string; startTime: string } };
export type PlannedRestore = { plan: RestorePlan; inspect: { source: string; taskInputKey: string }[] };

/**
 * Chooses the point, in a copy where the repository has lost it, and the target, takes the target's lease, and stores the task that looks at the target. Touches nothing.
 * Throws `InputInvalid` with everything that is wrong with the request, `NoSuchPoint` with the points that there are, or
 * `TargetBusy`.
 */
export const planRestore =
  (ports: Ports & { log: RunLog }) =>
  async ({ input, execution }: Input): Promise<PlannedRestore> => {
    const { name: target, section, engine, isLive } = targetOf(ports.plan, input);
    checkOptions(ports, engine, input.options);
    const { point, newerCommitted, from, fellBack } = await choosePoint(ports, input);
    if (point.component.engine !== engine)
      throw new InputInvalid(`target: "${target}" is ${engine}, the point is ${point.component.engine}`);
    await refuseSuspected(ports, point, input, execution.id);
    const place = placeOfCopy(ports.plan, from);
    const startedAt = new Date(execution.startTime);
    const restoreId = restoreIdOf(execution.id, startedAt);
    await leaseTarget(ports, target, { executionArn: execution.id, restoreId });
    ports.log.belongsTo(restoreId);
    const { source } = input;
    const { backupId } = point;
    const looks = { restoreId, source, engine, backupId, target, section, options: input.options, from: place };
    const inspect = [await storeInspection(ports, `inspect-${source}`, looks)];
    const recoveredTo = point.recoveredTo.toISOString();
    ports.log.info(`${source}: to be restored from ${backupId} into ${target}`, { recoveredTo, from, fellBack });
    return {
      plan: {
        restoreId,
        source,
        target,
        isLive,
        backupId,
        ...(from === undefined ? {} : { from }),
        ...(fellBack === undefined ? {} : { fellBack: fellBack.slice(0, FELL_BACK_CHARACTERS) }),
        recoveredTo,
        newerCommitted,
        startedAt: startedAt.toISOString(),
      },
      inspect,
    };
  };

type Looks = Pick<RestorePlan, "restoreId" | "source" | "target" | "backupId"> & {
  engine: string;
  section: Record<string, unknown>;
  options: Record<string, unknown>;
  from: CopyPlace | undefined;
};

/** Stores the task that looks at the target. */
export const storeInspection = (ports: Pick<Ports, "repository" | "layout" | "clock">, task: string, looks: Looks) => {
  const { restoreId: runId, from, ...run } = looks;
  return storeReading(ports, { verb: "inspect", runId, task, ...run, ...(from && { from }) });
};

/** The target that was asked for, or the one that the plan gives the source; `section` is what the engine reads of it. */
export function targetOf(plan: Plan, { source, target }: Pick<RestoreRequested, "source" | "target">) {
  const name = target ?? plan.sources[source]?.restoreTo ?? source;
  const found: Target | undefined = plan.targets[name];
  if (!found)
    throw new InputInvalid(
      target === undefined
        ? `source: there is no source "${source}"; the plan has ${Object.keys(plan.sources).join(", ")}`
        : `target: there is no target "${target}"; the plan has ${Object.keys(plan.targets).join(", ")}`,
    );
  const { engine, live: isLive, source: _, keepOldState: __, approval: ___, hooks = NO_HOOKS, ...section } = found;
  return { name, engine, isLive, section, hooks };
}

function checkOptions({ restoreOptions }: Ports, engine: string, options: Record<string, unknown>) {
  const parsed = restoreOptions[engine]?.safeParse(options);
  if (parsed?.success) return;
  const problems = parsed?.error.issues.map(({ path, message }) => `options.${path.join(".")}: ${message}`) ?? [];
  throw new InputInvalid(problems.join("\n"));
}
