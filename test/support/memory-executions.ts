import { restoreIdOf } from "#domain/ids.ts";
import type { ExecutionDetails, Executions, RunningTasks, WaitingStates } from "#ports/executions.ts";

export const restoreMachine = "arn:aws:states:us-east-1:0:stateMachine:holdfast-test-restore";
export const backupMachine = "arn:aws:states:us-east-1:0:stateMachine:holdfast-test-backup";

/** Executions and tasks in memory, for use cases only: what Step Functions and ECS do is proved on the stage. */
export function memoryExecutions() {
  const all: (ExecutionDetails & { machine: string })[] = [];
  const tasks = new Map<string, { key: string; stopsBy: () => void }>();
  const stopped: string[] = [];
  const tokens = new Map<string, (outcome: string) => void>();
  const ended = (status: string, change: Partial<ExecutionDetails> = {}) => ({
    status,
    endedAt: new Date("2026-02-23T03:10:00Z"),
    ...change,
  });
  const find = (arn: string) => {
    const found = all.find((one) => one.arn === arn);
    if (!found) throw new Error(`no execution ${arn}`);
    return found;
  };
  const executions: Executions = {
    async *list(machine, only) {
      const its = all.filter((one) => one.machine === machine && (only === undefined || one.status === only));
      yield* its.toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
    },
    describe: async (arn) => ({ ...find(arn) }),
    async stop(arn, cause) {
      stopped.push(arn);
      Object.assign(find(arn), ended("ABORTED", { cause }));
    },
  };
  const running: RunningTasks = {
    of: async (isIt) => [...tasks].flatMap(([arn, { key }]) => (isIt(key) ? [arn] : [])),
    async stop(arn) {
      stopped.push(arn);
      tasks.get(arn)?.stopsBy();
    },
  };
  const answer = async (token: string, outcome: string) => {
    tokens.get(token)?.(outcome);
    return tokens.delete(token);
  };
  const waiting: WaitingStates = {
    goOn: (token) => answer(token, "went on"),
    fail: (token, error, cause) => answer(token, `${error}: ${cause}`),
  };
  return {
    stopped,
    /** A state that waits for a word from outside; it hears one. */
    wait: (token: string, hears: (outcome: string) => void) => void tokens.set(token, hears),
    giveUp: (token: string) => void tokens.delete(token),
    ports: { executions, waiting, tasks: running, restoreMachine, backupMachine },
    /** An execution that runs. */
    begin(machine: string, name: string, input: unknown, startedAt = new Date("2026-02-23T02:50:00Z")) {
      const arn = `${machine.replace(":stateMachine:", ":execution:")}:${name}`;
      all.push({
        ...{ machine, arn, status: "RUNNING", startedAt, endedAt: undefined },
        input: JSON.stringify(input),
        error: "",
        cause: "",
      });
      return { arn, restoreId: restoreIdOf(arn, startedAt) };
    },
    end: (arn: string, status: string, change: Partial<ExecutionDetails> = {}) =>
      void Object.assign(find(arn), ended(status, change)),
    /** A task that runs until it is stopped; `then` is what comes of that. */
    runTask(arn: string, key: string, then: () => void = () => {}) {
      const stopsBy = () => {
        tasks.delete(arn);
        then();
      };
      tasks.set(arn, { key, stopsBy });
    },
  };
}
