import { durationMs } from "#domain/duration.ts";
import { describeError, HookFailed } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import {
  type BeforeHook,
  describeHook,
  type Hooks,
  NO_HOOKS,
  type Quiesced,
  type Ran,
  serviceName,
} from "#domain/hooks.ts";
import { SqlRun } from "#domain/outcome.ts";
import { optionsOf, type Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { Functions, Services } from "#ports/hooks.ts";
import type { Clock } from "#ports/log.ts";
import type { Tasks } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";
import { targetOf } from "./plan-restore.ts";
import { runByHand } from "./run-by-hand.ts";

export type HookPorts = {
  plan: Plan;
  repository: Repository;
  layout: RepositoryLayout;
  services: Services;
  functions: Functions;
  /** Where a hook's SQL is run: in a source as captures are, in a target as restores are. */
  inSources: TaskKind;
  inTargets: TaskKind;
  clock: Clock;
};
type TaskKind = { tasks: Tasks; definition: string };
export type HookCall = { run: Quiesced; hookRun: string; phase: "before" | "after"; index: number; callId: string };

/** Of the source, around its capture, or of the target, around a restore into it: as the plan has them now. */
export function hooksAround(
  { sources, targets }: Plan,
  { source, target }: Pick<Quiesced, "source" | "target">,
): Hooks {
  return (target === undefined ? sources[source] : targets[target])?.hooks ?? NO_HOOKS;
}

/** `before.0 lambda arn:…`: the same in a plan's path, messages and evidence. */
export const nameOfHook = ({ phase, index }: Pick<HookCall, "phase" | "index">, hook: BeforeHook) =>
  `${phase}.${index} ${describeHook(hook)}`;

/** Runs one hook to its end, within its time. Throws `HookFailed`, which says what a person needs of it. */
export async function runHook(ports: HookPorts, call: HookCall, hook: BeforeHook): Promise<Ran> {
  const name = nameOfHook(call, hook);
  const begun = ports.clock().getTime();
  try {
    await (hook.lambda
      ? callFunction(ports, call, hook.lambda)
      : hook.sql
        ? runStatement(ports, call, hook.sql)
        : scaleDown(ports, call, hook.ecsService));
  } catch (error) {
    throw new HookFailed(`${name}: ${describeError(error).message}`, { cause: error });
  }
  return { hook: name, seconds: (ports.clock().getTime() - begun) / 1000 };
}

/** What the function is given is public: docs/reference/events.md. */
async function callFunction(
  { functions }: HookPorts,
  { run: { source, target, runId }, phase }: HookCall,
  { functionArn, timeout }: NonNullable<BeforeHook["lambda"]>,
) {
  const input = { phase, source, ...(target === undefined ? {} : { target }), runId };
  await within(timeout, (signal) => functions.call(functionArn, input, signal));
}

/** To the count that is written down, from which alone it is put back. */
async function scaleDown({ services }: HookPorts, { run }: HookCall, hook: BeforeHook["ecsService"]) {
  const written = run.services.find((one) => hook && serviceName(one) === serviceName(hook));
  if (!hook || !written) throw new Error("its count was not written down");
  const { cluster, service, setTo } = written;
  await services.setCount({ cluster, service }, setTo);
  await within(hook.timeout, (signal) => services.settle({ cluster, service }, setTo, signal));
}

/** Only tasks reach databases. The statement has a time limit of its own there: what is measured here is also the task's start. */
async function runStatement(
  ports: HookPorts,
  { run, hookRun, phase, index, callId }: HookCall,
  { database, statement, timeout }: NonNullable<BeforeHook["sql"]>,
) {
  const { source, target } = run;
  const { engine, section } =
    target === undefined ? optionsOf(ports.plan, source) : targetOf(ports.plan, { source, target });
  const input = {
    ...{ verb: "sql" as const, runId: hookRun, source, engine, section, database, statement },
    task: `${source}-${phase}-${index}-${sha256(callId).slice(0, 8)}`, // each call is a task of its own
    isTarget: target !== undefined,
    timeoutMs: durationMs(timeout),
  };
  const { tasks, definition } = target === undefined ? ports.inSources : ports.inTargets;
  const { judged } = await runByHand({ ...ports, tasks }, definition, input, SqlRun);
  if (!judged.succeeded) throw new Error(judged.reason);
}

async function within<T>(timeout: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(durationMs(timeout));
  try {
    return await work(signal);
  } catch (error) {
    if (signal.aborted) throw new Error(`it has not ended within ${timeout}`, { cause: error });
    throw error;
  }
}
