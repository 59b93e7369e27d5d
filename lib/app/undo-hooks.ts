import { describeError } from "#domain/errors.ts";
import { type Quiesced, type Ran, serviceName } from "#domain/hooks.ts";
import type { RunLog } from "#ports/log.ts";
import { findHookRuns, readDone, readQuiesced } from "./hook-runs.ts";
import { type HookPorts, hooksAround, nameOfHook, runHook } from "./run-hook.ts";

type Ports = HookPorts & { log: RunLog };
export type Undone = { run: Quiesced; attempt: number; hooks: Ran[]; problems: string[] };

/**
 * Undoes what the hooks around a source have done: `after` hooks in their order, then the counts of services, the last one
 * first. Each is tried once per call, whatever became of the others, and never again when it was done. Undefined when there
 * is nothing to undo.
 */
export async function undoHooks(
  ports: Ports,
  { hookRun, source }: { hookRun: string; source: string },
  callId: string,
): Promise<Undone | undefined> {
  const [found] = await findHookRuns(ports, hookRun, source);
  if (!found || found.isUndone) return undefined;
  const run = await readQuiesced(ports, found);
  ports.log.belongsTo(run.runId);
  const done = await readDone(ports, found);
  const hooks: Ran[] = [];
  const problems: string[] = [];
  const once = async (name: string, work: () => Promise<Ran>) => {
    if (done.has(name)) return;
    try {
      hooks.push(await work());
      done.add(name);
    } catch (error) {
      problems.push(describeError(error).message);
    }
  };
  for (const [index, hook] of hooksAround(ports.plan, run).after.entries()) {
    const call = { run, hookRun, phase: "after" as const, index, callId };
    await once(nameOfHook(call, hook), () => runHook(ports, call, hook));
  }
  for (const service of run.services.toReversed()) await once(serviceName(service), () => putBack(ports, service));
  const attempt = found.attempts;
  const key = ports.layout.resumed(hookRun, source, attempt, problems.length === 0);
  await ports.repository.create(key, JSON.stringify({ done: [...done], problems }));
  if (problems.length > 0) ports.log.error(`${source}: not resumed`, { problems });
  else ports.log.info(`${source}: resumed`, { hooks });
  return { run, attempt, hooks, problems };
}

/** Only from the count that the hook has set: any other one was chosen by somebody since. */
async function putBack({ services, clock }: Ports, { desiredCount, setTo, ...place }: Quiesced["services"][number]) {
  const begun = clock().getTime();
  const name = serviceName(place);
  const hook = (words: string): Ran => ({ hook: `${name} ${words}`, seconds: (clock().getTime() - begun) / 1000 });
  try {
    const now = await services.desiredCount(place);
    if (now === undefined) throw new Error("there is no such service any more");
    if (now !== setTo) return hook(`left at ${now}`);
    await services.setCount(place, desiredCount);
    return hook(`back from ${setTo} to ${desiredCount}`);
  } catch (error) {
    throw new Error(`${name} could not be given its count of ${desiredCount} back: ${describeError(error).message}`, {
      cause: error,
    });
  }
}
