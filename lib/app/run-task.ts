import { z } from "zod";
import { describeError, InputInvalid, Interrupted } from "#domain/errors.ts";
import { parseJson } from "#domain/manifest.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import { TaskInput } from "#domain/task-input.ts";
import type { Commands } from "#ports/commands.ts";
import type { Engine, EngineTools } from "#ports/engine.ts";
import type { DataKeys, Secrets, SignatureCheck } from "#ports/keys.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Repository, Uploads } from "#ports/repository.ts";
import type { Sealing } from "#ports/sealing.ts";
import type { Surroundings } from "#ports/surroundings.ts";
import { captureSource, engineOf } from "./capture-source.ts";
import type { AwsProbes } from "./check-aws.ts";
import { checkSource } from "./check-source.ts";
import { checkTarget } from "./check-target.ts";
import { dropOldState } from "./drop-old-state.ts";
import { inspectTarget } from "./inspect-target.ts";
import type { OpenCopy } from "./open-copy.ts";
import { restoreSource } from "./restore-source.ts";
import { rollbackTarget } from "./rollback-target.ts";
import { runSql } from "./run-sql.ts";
import { verifySource } from "./verify-source.ts";

export type TaskPorts = {
  engines: Record<string, Engine>;
  repository: Repository;
  openCopy: OpenCopy;
  layout: RepositoryLayout;
  uploads: Uploads;
  signatures: SignatureCheck;
  keys: DataKeys;
  sealing: Sealing;
  secrets: Secrets;
  commands: Commands;
  surroundings: Surroundings;
  /** S3, KMS and Secrets Manager again, for `check`. */
  probes: AwsProbes;
  clock: Clock;
  log: RunLog;
  workDir: string;
  /** Does nothing where the task has not begun as root. */
  giveUpRoot: () => void;
};
type Call = { inputKey: string | undefined; attempt: string | undefined; signal: AbortSignal };

const Attempt = z.coerce.number().int().nonnegative();

/**
 * A container's whole life: read the input, do one thing, write the outcome object, and give the exit code: 0 only when
 * the thing was done and its outcome is stored.
 */
export const runTask =
  (ports: TaskPorts) =>
  async ({ inputKey, attempt: attemptText, signal }: Call): Promise<0 | 1> => {
    const { log } = ports;
    try {
      const attempt = Attempt.parse(attemptText);
      const input = await readInput(ports, inputKey);
      log.belongsTo(input.verb === "verify" ? input.backupId : input.runId); // a verification belongs to its backup's story
      log.info(`${input.verb} ${input.source}: begun`, { runId: input.runId, attempt });
      const ended = await doTask(ports, input, attempt, signal).then(
        (outcome) => ({ succeeded: true as const, ...outcome }),
        (error: unknown) => ({
          succeeded: false as const,
          error: describeError(signal.aborted ? interrupted(input.source, error) : error),
        }),
      );
      if (!ended.succeeded) log.error(`${input.verb} ${input.source}: failed`, { runId: input.runId, ...ended }); // S3 may be what has failed
      const finishedAt = ports.clock().toISOString();
      const outcome = { ...ended, task: input.task, attempt, finishedAt };
      const written = await ports.repository.create(
        ports.layout.outcome(input.runId, input.task, attempt),
        JSON.stringify(outcome),
      );
      if (written === "exists") throw new InputInvalid(`attempt ${attempt} of ${input.task} has an outcome already`);
      if (ended.succeeded) log.info(`${input.verb} ${input.source}: done`, { runId: input.runId });
      return ended.succeeded ? 0 : 1;
    } catch (error) {
      log.error("the task could not begin, or could not say how it ended", { error: describeError(error) });
      return 1;
    }
  };

const interrupted = (source: string, cause: unknown) =>
  cause instanceof Interrupted
    ? cause
    : new Interrupted(`INTERRUPTED: the task of ${source} was told to stop`, { cause });

async function readInput({ repository }: TaskPorts, key: string | undefined): Promise<TaskInput> {
  if (!key) throw new InputInvalid("TASK_INPUT_KEY is not set");
  const bytes = await repository.read(key);
  if (!bytes) throw new InputInvalid(`${key} is not in the repository`);
  return parseJson(bytes, TaskInput, "task input");
}

async function doTask(ports: TaskPorts, input: TaskInput, attempt: number, signal: AbortSignal): Promise<object> {
  if (!engineOf(ports.engines, input.engine).traits.needsRoot) ports.giveUpRoot();
  const { commands, secrets, log, workDir } = ports;
  const tools: EngineTools = { commands, secrets, log, signal, workDir };
  switch (input.verb) {
    case "capture":
      return captureSource(ports)(input, attempt, tools);
    case "verify":
      return verifySource(ports)(input, tools);
    case "check":
      return checkSource(ports)(input, tools);
    case "check-target":
      return checkTarget(ports)(input, tools);
    case "inspect":
      return inspectTarget(ports)(input, tools);
    case "restore":
      return restoreSource(ports)(input, attempt, tools);
    case "rollback":
      return rollbackTarget(ports.engines)(input, tools);
    case "sql":
      return runSql(ports.engines)(input, tools);
    case "drop":
      return dropOldState(ports.engines)(input, tools);
  }
}
