import type { Hooks } from "#domain/hooks.ts";
import { hookRunOf } from "#domain/hooks.ts";
import { RestoreId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { TaskInput } from "#domain/task-input.ts";
import { aBackup, aPlan, layout, memoryWorld } from "./memory-world.ts";

const restoreId = RestoreId.parse("2026-02-23-134207-k3x9");
export const executionArn = "arn:aws:states:eu-central-1:123456789012:execution:holdfast-test-restore:one";
export const web = { cluster: "application", service: "web", desiredCount: 0, timeout: "5m" };
export const jobs = { ...web, service: "jobs", desiredCount: 1 };
const functionArn = "arn:aws:lambda:eu-central-1:123456789012:function:quiet-down";
export const call = { lambda: { functionArn, timeout: "1m" } };
export const sql = { sql: { database: "app", statement: "select pause()", timeout: "1m" } };

/** A restore into `staging-db` that is about to run its hooks. `did` is what reached the operator's things, in order. */
export async function hookWorld(hooks: Partial<Hooks>) {
  const world = memoryWorld();
  const counts = new Map([
    ["web", 3],
    ["jobs", 2],
  ]);
  const did: string[] = [];
  const broken = new Set<string>();
  const running = { isRunning: true };
  const fails = (what: string) => {
    if (broken.has(what)) throw new Error(`${what} is broken`);
  };
  const runsTasks = (kind: string) => ({
    definition: kind,
    tasks: {
      run: async (definition: string, inputKey: string) => {
        const input: TaskInput = JSON.parse(new TextDecoder().decode(world.objects.get(inputKey)));
        if (input.verb !== "sql") throw new Error(`${input.verb} is no hook`);
        did.push(`${definition} ${input.isTarget ? "target" : "source"} ${input.database}: ${input.statement}`);
        const isBroken = broken.has("sql");
        const error = { name: "HookFailed", message: "the statement did not end within 60 s" };
        const ended = { task: input.task, attempt: 0, finishedAt: "2026-02-23T14:00:00.000Z" };
        const outcome = isBroken ? { succeeded: false, ...ended, error } : { succeeded: true, ...ended };
        await world.ports.repository.create(layout.outcome(input.runId, input.task, 0), JSON.stringify(outcome));
        return { exitCode: isBroken ? 1 : 0, reason: undefined };
      },
    },
  });
  const withHooks = { before: [], after: [], ...hooks };
  const plan: Plan = {
    ...aPlan,
    sources: {
      ...aPlan.sources,
      "app-db": { ...aPlan.sources["app-db"], hooks: withHooks } as Plan["sources"][string],
    },
    targets: {
      ...aPlan.targets,
      "staging-db": { ...aPlan.targets["staging-db"], hooks: withHooks } as Plan["targets"][string],
    },
  };
  const ports = {
    ...world.ports,
    plan,
    services: {
      desiredCount: async ({ service }: { service: string }) => counts.get(service),
      setCount: async ({ service }: { service: string }, count: number) => {
        fails(service);
        did.push(`${service} to ${count}`);
        counts.set(service, count);
      },
      settle: async ({ service }: { service: string }, _count: number, signal: AbortSignal) => {
        if (!broken.has(`${service} drains`)) return;
        await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
      },
    },
    functions: {
      call: async (_arn: string, input: unknown) => {
        did.push(`called ${JSON.stringify(input)}`);
        fails("lambda");
      },
    },
    machines: { ...world.ports.machines, isRunning: async () => running.isRunning },
    inSources: runsTasks("capture-task"),
    inTargets: runsTasks("restore-task"),
  };
  const told = { engine: "postgresql", source: "app-db", task: "app-db", backupId: aBackup };
  const section = { connection: { host: "staging", port: 5432 }, secret: "arn:staging" };
  const restore = {
    verb: "restore",
    runId: restoreId,
    ...told,
    restoreId,
    target: "staging-db",
    section,
    options: {},
    fingerprint: "f",
  };
  const capture = { verb: "capture", runId: aBackup, ...told, section, escrow: null };
  const keys = { restore: layout.taskInput(restoreId, "app-db"), capture: layout.taskInput(aBackup, "app-db") };
  await world.ports.repository.create(keys.restore, JSON.stringify(restore));
  await world.ports.repository.create(keys.capture, JSON.stringify(capture));
  return { ...world, ports, counts, did, broken, running, keys, restoreId, hookRun: hookRunOf(executionArn) };
}
