import { HookFailed } from "#domain/errors.ts";
import { type Hooks, hookRunOf, Quiesced, type Ran, serviceName } from "#domain/hooks.ts";
import { parseJson } from "#domain/manifest.ts";
import { TaskInput } from "#domain/task-input.ts";
import type { RunLog } from "#ports/log.ts";
import type { Machines } from "#ports/messaging.ts";
import { findHookRuns, readQuiesced } from "./hook-runs.ts";
import { type HookPorts, hooksAround, runHook } from "./run-hook.ts";
import { undoHooks } from "./undo-hooks.ts";

type Ports = HookPorts & { machines: Machines; log: RunLog };
/** `taskInputKey`: what the hooks are around. */
type Input = { executionArn: string; source: string; taskInputKey: string };

/**
 * Runs the `before` hooks of a source or target in their order. All that has to be undone is written down first, so that
 * `resume` can undo it whatever happens from here on. Throws `HookFailed`; what it is around then does not begin.
 */
export const quiesce =
  (ports: Ports) =>
  async ({ executionArn, source, taskInputKey }: Input, callId: string): Promise<{ hooks: Ran[] }> => {
    const bytes = await ports.repository.read(taskInputKey);
    if (!bytes) throw new HookFailed(`${taskInputKey} is not in the repository`);
    const task = parseJson(bytes, TaskInput, "task input");
    ports.log.belongsTo(task.runId);
    const around = { source, ...("target" in task ? { target: task.target } : {}) };
    const { before } = hooksAround(ports.plan, around);
    const hookRun = hookRunOf(executionArn);
    const services = await countServices(ports, before, { hookRun, source });
    const run = await writeDown(ports, hookRun, { executionArn, runId: task.runId, ...around, services });
    const hooks: Ran[] = [];
    for (const [index, hook] of before.entries()) {
      hooks.push(await runHook(ports, { run, hookRun, phase: "before", index, callId }, hook));
      if (await ports.machines.isRunning(executionArn)) continue;
      await undoHooks(ports, { hookRun, source }, callId); // whoever resumes after an end may have come too early
      throw new HookFailed("the execution ended while its hooks were run; they were undone");
    }
    ports.log.info(`${source}: quiesced`, { hooks });
    return { hooks };
  };

/** The counts that services have now. One that another run holds has not its usual count, and nobody could give it back. */
async function countServices(
  ports: Ports,
  before: Hooks["before"],
  own: { hookRun: string; source: string },
): Promise<Quiesced["services"]> {
  const wanted = before.flatMap(({ ecsService }) => ecsService ?? []);
  if (wanted.length === 0) return [];
  const others = (await findHookRuns(ports)).filter(
    ({ hookRun, source, attempts }) => attempts === 0 && !(hookRun === own.hookRun && source === own.source),
  );
  const held = new Map<string, string>();
  for (const other of others) {
    const { services, runId, source } = await readQuiesced(ports, other);
    for (const service of services) held.set(serviceName(service), `${runId} (${source})`);
  }
  const counted: Quiesced["services"] = [];
  for (const { cluster, service, desiredCount: wish } of wanted) {
    const name = serviceName({ cluster, service });
    if (held.has(name)) throw new HookFailed(`${name} is held by ${held.get(name)}: wait until that has ended`);
    const desiredCount = await ports.services.desiredCount({ cluster, service });
    if (desiredCount === undefined) throw new HookFailed(`there is no ECS service ${name}`);
    counted.push({ cluster, service, desiredCount, setTo: Math.min(wish, desiredCount) });
  }
  return counted;
}

/** What an earlier try of the same state has written counts: the services may have been scaled since. */
async function writeDown(ports: Ports, hookRun: string, run: Quiesced): Promise<Quiesced> {
  const key = ports.layout.quiesced(hookRun, run.source);
  if ((await ports.repository.create(key, JSON.stringify(run))) === "created") return run;
  const there = await ports.repository.read(key);
  if (!there) throw new HookFailed(`${key} can't be read`);
  return parseJson(there, Quiesced, key);
}
