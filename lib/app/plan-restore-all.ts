import { whoAsksProblem } from "#domain/approval.ts";
import { ConfirmationNeeded, InputInvalid, NoSuchPoint } from "#domain/errors.ts";
import { nameOfBackup } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import { isTrusted } from "#domain/recovery-point.ts";
import type { RestoreAllRequested, RestoreRequested } from "#events/restore-requested.ts";
import type { RunLog } from "#ports/log.ts";
import { type CatalogPorts, pointsOf, readManifest } from "./catalog.ts";
import { targetOf } from "./plan-restore.ts";
import { readIncidents } from "./read-incidents.ts";
import { whySuspected } from "./refuse-suspected.ts";

type Ports = CatalogPorts & { stage: string; plan: Plan; log: RunLog };
type Input = { input: RestoreAllRequested; execution: { name: string } };
type Restore = { source: string; input: RestoreRequested; ifItFails: string };
export type PlannedRestoreAll = {
  restores: Restore[];
  count: number;
  announcement: { stage: string; execution: string; backupId: string; restored: { source: string; target: string }[] };
};

/**
 * One restore for each source of a backup, in the order in which the plan's backup names them. Touches nothing. Throws
 * `InputInvalid`, `NoSuchPoint` or `ConfirmationNeeded`, each with everything that is wrong: not one of them is begun then.
 */
export const planRestoreAll =
  (ports: Ports) =>
  async ({ input: request, execution }: Input): Promise<PlannedRestoreAll> => {
    const { backupId } = request;
    ports.log.belongsTo(backupId);
    const sources = await sourcesOf(ports, request);
    const planned = sources.map((source) => ({ source, target: targetFor(ports.plan, request, source) }));
    const unconfirmed = planned.filter(({ target }) => target.isLive && !request.confirm.includes(target.name));
    if (unconfirmed.length > 0)
      throw new ConfirmationNeeded(
        `${unconfirmed.map(({ target }) => target.name).join(", ")} are live; nothing was touched. To replace them, add "confirm": ${JSON.stringify(planned.filter(({ target }) => target.isLive).map(({ target }) => target.name))} to the same input`,
      );
    const nameless = planned.flatMap(
      ({ target }) => whoAsksProblem(ports.plan, ports.stage, target.name, request) ?? [],
    );
    if (nameless.length > 0) throw new InputInvalid(nameless.join("\n"));
    const { safety, because, requestedBy, breakGlass, confirm, despite, retrieval } = request;
    const restores = planned.map(({ source, target: { name: target } }, index) => ({
      source,
      input: {
        source,
        target,
        backupId,
        ...(confirm.includes(target) ? { confirm: target } : {}),
        options: {},
        despite,
        safety,
        retrieval,
        ...(because === undefined ? {} : { because }),
        ...(requestedBy === undefined ? {} : { requestedBy }),
        ...(breakGlass === undefined ? {} : { breakGlass }),
      },
      ifItFails: whatIsLeft(planned, index),
    }));
    ports.log.info(`${backupId}: to be restored`, { sources });
    const restored = planned.map(({ source, target: { name: target } }) => ({ source, target }));
    return {
      restores,
      count: restores.length,
      announcement: { stage: ports.stage, execution: execution.name, backupId, restored },
    };
  };

/** In the plan's order: first those that the backup of this name has, then those of the plan, then the rest. */
async function sourcesOf(ports: Ports, { backupId, sources: wanted, despite }: RestoreAllRequested): Promise<string[]> {
  const found = await readManifest(ports, backupId);
  if (!found) throw new NoSuchPoint(`There is no backup ${backupId}`);
  const { points, refused } = await pointsOf(ports, backupId);
  const { plan } = ports;
  const inOrder = [...(plan.backups[nameOfBackup(backupId)]?.sources ?? []), ...Object.keys(plan.sources)];
  const asked =
    wanted === "all" ? [...points.map(({ source }) => source), ...Object.keys(found.manifest.failed)] : wanted;
  const incidents = await readIncidents(ports);
  const problems = asked.flatMap((source) => {
    const point = points.find((one) => one.source === source);
    if (!point) return [`${source}: ${found.manifest.failed[source] ?? refused[0]?.reason ?? "is not in it"}`];
    if (!isTrusted(point)) return [`${source}: is ${point.proof}, not verified`];
    const why = whySuspected(incidents, point, despite);
    return why === undefined ? [] : [`${source}: ${why}`];
  });
  if (problems.length > 0)
    throw new NoSuchPoint(
      `${backupId} can't be restored as a whole; nothing was begun:\n${problems.join("\n")}\nName those that can be: "sources": […]`,
    );
  return [...new Set(asked)].toSorted((a, b) => placeIn(inOrder, a) - placeIn(inOrder, b));
}

const placeIn = (order: string[], name: string) => (order.includes(name) ? order.indexOf(name) : order.length);

function targetFor(plan: Plan, { targets, sources }: RestoreAllRequested, source: string) {
  const target = targets[source];
  const stranger = sources === "all" ? undefined : Object.keys(targets).find((name) => !sources.includes(name));
  if (stranger !== undefined) throw new InputInvalid(`targets.${stranger}: is none of ${sources}`);
  const found = targetOf(plan, { source, ...(target === undefined ? {} : { target }) });
  const { engine } = plan.sources[source] ?? found;
  if (engine !== found.engine)
    throw new InputInvalid(`targets.${source}: "${found.name}" is ${found.engine}, the source is ${engine}`);
  return found;
}

/** The first words of the cause: announced, and read again for the command that goes on. */
function whatIsLeft(planned: { source: string; target: { name: string } }[], index: number): string {
  const said = (some: typeof planned) => some.map(({ source, target }) => `${source} into ${target.name}`).join(", ");
  return [
    `${said(planned.slice(index, index + 1))} failed; its own alarm says why.`,
    `Restored: ${said(planned.slice(0, index)) || "nothing"}.`,
    `Not begun: ${said(planned.slice(index + 1)) || "nothing"}.`,
    `Left: ${planned
      .slice(index)
      .map(({ source }) => source)
      .join(", ")}.`,
    "What the state machine knows of it:",
  ].join("\n");
}
