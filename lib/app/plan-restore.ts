import type { z } from "zod";
import type { CopyPlace } from "#domain/copies.ts";
import { InputInvalid, NoSuchPoint } from "#domain/errors.ts";
import { NO_HOOKS } from "#domain/hooks.ts";
import { restoreIdOf } from "#domain/ids.ts";
import type { Plan, Target } from "#domain/plan.ts";
import { chooseLatest, isTrusted, type RecoveryPoint, type TrustedPoint } from "#domain/recovery-point.ts";
import type { RestorePlan } from "#domain/restore-plan.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import type { RunLog } from "#ports/log.ts";
import type { Machines } from "#ports/messaging.ts";
import type { Audit } from "./audit-log.ts";
import { type CatalogPorts, readCatalog } from "./catalog.ts";
import { leaseTarget } from "./lease-target.ts";
import { inCopy, type OpenCopy, orFromCopy, placeOfCopy } from "./open-copy.ts";
import { checkCopy } from "./read-back.ts";
import { refuseSuspected } from "./refuse-suspected.ts";
import { storeTaskInput } from "./store-task-input.ts";

type Ports = CatalogPorts & {
  openCopy: OpenCopy;
  plan: Plan;
  restoreOptions: Record<string, z.ZodType>;
  machines: Machines;
  audit: Audit;
};
type Input = { input: RestoreRequested; execution: { id: string; startTime: string } };
export type PlannedRestore = { plan: RestorePlan; inspect: { source: string; taskInputKey: string }[] };

/**
 * Chooses the point and the target, takes the target's lease, and stores the task that looks at the target. Touches nothing.
 * Throws `InputInvalid` with everything that is wrong with the request, `NoSuchPoint` with the points that there are, or
 * `TargetBusy`.
 */
export const planRestore =
  (ports: Ports & { log: RunLog }) =>
  async ({ input, execution }: Input): Promise<PlannedRestore> => {
    const { name: target, section, engine, isLive } = targetOf(ports.plan, input);
    checkOptions(ports, engine, input.options);
    const place = placeOfCopy(ports.plan, input.from);
    const where = inCopy(ports, place);
    const { points } = await readCatalog(where, { source: input.source });
    const hint = place ? "" : orFromCopy(ports.plan, input.source);
    const { point, newerCommitted } = choose(points, input, hint);
    if (place) await refuseUnlessWhole(where, point, input.from);
    if (point.component.engine !== engine)
      throw new InputInvalid(`target: "${target}" is ${engine}, the point is ${point.component.engine}`);
    await refuseSuspected(ports, point, input, execution.id);
    const startedAt = new Date(execution.startTime);
    const restoreId = restoreIdOf(execution.id, startedAt);
    await leaseTarget(ports, target, { executionArn: execution.id, restoreId });
    ports.log.belongsTo(restoreId);
    const { source } = input;
    const { backupId } = point;
    const looks = { restoreId, source, engine, backupId, target, section, options: input.options, from: place };
    const inspect = [await storeInspection(ports, `inspect-${source}`, looks)];
    const recoveredTo = point.recoveredTo.toISOString();
    ports.log.info(`${source}: to be restored from ${backupId} into ${target}`, { recoveredTo, from: input.from });
    return {
      plan: {
        restoreId,
        source,
        target,
        isLive,
        backupId,
        ...(input.from === undefined ? {} : { from: input.from }),
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
export const storeInspection = (ports: Pick<Ports, "repository" | "layout">, task: string, looks: Looks) => {
  const { restoreId: runId, from, ...run } = looks;
  return storeTaskInput(ports, { verb: "inspect", runId, task, ...run, ...(from && { from }) });
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

/** In a copy a point exists only when all that its manifest names is there and matches. */
async function refuseUnlessWhole(ports: Ports, point: TrustedPoint, from: string | undefined): Promise<void> {
  const problems = await checkCopy(ports, point);
  if (problems.length > 0)
    throw new NoSuchPoint(`${point.source} in ${point.backupId} is not whole in ${from}: ${problems.join("; ")}`);
}

function choose(points: RecoveryPoint[], { source, backupId, before }: RestoreRequested, hint: string) {
  if (backupId === undefined) {
    const { latest, newerCommitted } = chooseLatest(points, before === undefined ? undefined : new Date(before));
    if (!latest)
      throw new NoSuchPoint(
        `${source} has no verified point${before === undefined ? "" : ` before ${before}`}. ${overview(points)}${hint}`,
      );
    return { point: latest, newerCommitted: newerCommitted.map((point) => point.backupId) };
  }
  const named = points.find((point) => point.backupId === backupId);
  if (!named) throw new NoSuchPoint(`${source} has no point in ${backupId}. ${overview(points)}${hint}`);
  return { point: trusted(named, hint), newerCommitted: [] };
}

function trusted(point: RecoveryPoint, hint: string): TrustedPoint {
  if (isTrusted(point)) return point;
  const why = whyNot(point);
  throw new NoSuchPoint(`${point.source} in ${point.backupId} can't be restored: it is ${why}.${hint}`);
}

function whyNot(point: Exclude<RecoveryPoint, TrustedPoint>): string {
  switch (point.proof) {
    case "committed":
      return "not verified yet: start the verify machine for it first";
    case "suspicious":
      return `SUSPICIOUS: ${point.reasons.join("; ")}. Look at it, then release it (docs/runbooks/PointSuspicious.md)`;
    case "quarantined":
      return `QUARANTINED: ${point.reasons.join("; ")}`;
    case "expired":
      return `expired since ${point.expiredAt.toISOString()} (${point.because}): a hold on it brings it back`;
    case "pruned":
      return `deleted since ${point.prunedAt.toISOString()} (${point.because})`;
  }
}

const overview = (points: RecoveryPoint[]) =>
  points.length === 0
    ? "There are no points at all."
    : `There are: ${points
        .slice(0, 10)
        .map(({ backupId, proof }) => `${backupId} (${proof})`)
        .join(", ")}.`;
