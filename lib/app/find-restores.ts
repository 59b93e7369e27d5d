import pMap from "p-map";
import { InputInvalid } from "#domain/errors.ts";
import { type RestoreId, restoreIdOf } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import { RestoreRequested } from "#events/restore-requested.ts";
import type { Execution, ExecutionDetails, Executions } from "#ports/executions.ts";

type Ports = { executions: Executions; restoreMachine: string };
/** `request`: what it was started with; undefined where that is no request at all, and the restore failed at once. */
export type FoundRestore = { restoreId: RestoreId; execution: ExecutionDetails; request: RestoreRequested | undefined };
export type Wanted = { restoreId?: RestoreId | undefined; source?: string | undefined };

/** How many of the newest restores are named, or looked through for one of a source. */
const NEWEST = 10;
const LOOK_BACK = 200;
const AT_ONCE = 5;

/**
 * The restore of this id, or the newest of this source, or all that run. Throws `InputInvalid` with what there is where there
 * is none of this id or source.
 */
export async function findRestores(ports: Ports, { restoreId, source }: Wanted): Promise<FoundRestore[]> {
  if (restoreId !== undefined) return [await findRestore(ports, restoreId)];
  if (source === undefined)
    return describeAll(ports, await take(ports.executions.list(ports.restoreMachine, "RUNNING"), NEWEST));
  for (const execution of await take(ports.executions.list(ports.restoreMachine), LOOK_BACK)) {
    const found = await describe(ports, execution);
    if (found.request?.source === source) return [found];
  }
  throw new InputInvalid(
    `source: no restore of "${source}" is among the newest ${LOOK_BACK}. ${await overview(ports)}`,
  );
}

export async function findRestore(ports: Ports, restoreId: RestoreId): Promise<FoundRestore> {
  for await (const execution of ports.executions.list(ports.restoreMachine))
    if (restoreIdOf(execution.arn, execution.startedAt) === restoreId) return describe(ports, execution);
  throw new InputInvalid(`restoreId: there is no restore ${restoreId}. ${await overview(ports)}`);
}

export const newestRestores = async (ports: Ports): Promise<FoundRestore[]> =>
  describeAll(ports, await take(ports.executions.list(ports.restoreMachine), NEWEST));

async function overview(ports: Ports): Promise<string> {
  const newest = await newestRestores(ports);
  if (newest.length === 0) return "There are none at all.";
  const names = newest.map(
    ({ restoreId, request, execution }) => `${restoreId} (${request?.source ?? "no source"}, ${execution.status})`,
  );
  return `The newest are: ${names.join(", ")}.`;
}

const describeAll = (ports: Ports, executions: Execution[]) =>
  pMap(executions, (execution) => describe(ports, execution), { concurrency: AT_ONCE });

async function describe({ executions }: Ports, { arn }: Execution): Promise<FoundRestore> {
  const execution = await executions.describe(arn);
  return { restoreId: restoreIdOf(arn, execution.startedAt), execution, request: requestOf(execution) };
}

function requestOf({ input }: ExecutionDetails): RestoreRequested | undefined {
  try {
    return parseJson(new TextEncoder().encode(input), RestoreRequested, "request");
  } catch {
    return undefined;
  }
}

async function take<T>(all: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = [];
  for await (const one of all) {
    if (taken.length === count) break;
    taken.push(one);
  }
  return taken;
}
