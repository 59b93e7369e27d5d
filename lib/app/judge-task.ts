import type { z } from "zod";
import { describeError } from "#domain/errors.ts";
import { parseJson } from "#domain/manifest.ts";
import { type Failed, outcomeOf } from "#domain/outcome.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { TaskEnd } from "#domain/task-input.ts";
import type { Repository } from "#ports/repository.ts";
import { readableCause } from "./readable-cause.ts";

export type Judged<T> = { succeeded: true; outcome: T } | { succeeded: false; reason: string };

/**
 * What a task came to. Its exit code and its outcome object must both say that it succeeded: neither is believed alone,
 * and what is missing is a failure. The newest attempt speaks.
 */
export async function judgeTask<T extends { succeeded: true }>(
  { repository, layout }: { repository: Repository; layout: RepositoryLayout },
  run: { runId: string; task: string },
  end: TaskEnd | undefined,
  schema: z.ZodType<T>,
): Promise<Judged<T>> {
  if (end?.failure?.Error === "States.Timeout") return failed(TOO_LATE); // what a stopped task says of itself is not why
  const outcome = await newestOutcome(repository, layout, run, schema);
  if (outcome instanceof Error) return failed(describeError(outcome).message);
  if (outcome && !outcome.succeeded) return failed(`${outcome.error.name}: ${outcome.error.message}`);
  if (end?.failure?.Error === "HookFailed") return failed(readableCause(end.failure.Cause, end.failure.Error));
  const problem = exitProblem(end);
  if (problem !== undefined)
    return failed(`TaskFailed: ${problem}${outcome ? ", though its outcome says success" : ""}`);
  if (!outcome) return failed("TaskFailed: it exited 0 but left no outcome, which proves nothing");
  return { succeeded: true, outcome };
}
const TOO_LATE = "TaskFailed: States.Timeout: it had not ended in all the time that its state has, and was stopped";
const failed = (reason: string) => ({ succeeded: false as const, reason });

/** Why the exit does not count as success; undefined when there is exactly one container and it exited 0. */
function exitProblem(end: TaskEnd | undefined): string | undefined {
  if (end?.failure && !end.task)
    return `${end.failure.Error}${stopReason(end.failure.Cause)}${perhapsMemory(end.failure.Cause)}`;
  if (!end?.task) return "the state machine has no record of it";
  const { exitCodes } = end.task; // of the second try, where the failure beside it is the first one's
  if (exitCodes.length === 1 && exitCodes[0] === 0) return undefined;
  return exitCodes.length === 0 ? "it has no exit code" : `exit code ${exitCodes.join(", ")}`;
}

/** ECS describes the stopped task in the cause; only its reasons are for people. */
function stopReason(cause: string | undefined): string {
  const reasons = [...(cause ?? "").matchAll(/"(?:StoppedReason|Reason|ExitCode)":\s*("[^"]*"|\d+)/g)].map(
    ([text]) => text,
  );
  return reasons.length > 0 ? ` (${reasons.join(", ")})` : "";
}

/** ECS says `OutOfMemoryError` where it knows: https://repost.aws/knowledge-center/ecs-resolve-outofmemory-errors */
function perhapsMemory(cause = ""): string {
  if (!/"ExitCode":\s*137\b/.test(cause) || cause.includes("OutOfMemoryError")) return "";
  return "; 137 is a SIGKILL: where nobody has stopped the task, its memory was used up (OOM)";
}

/** What the newest attempt wrote; undefined where none did, an error where it can't be read as an outcome. */
export async function newestOutcome<T extends { succeeded: true }>(
  repository: Repository,
  layout: RepositoryLayout,
  { runId, task }: { runId: string; task: string },
  schema: z.ZodType<T>,
): Promise<T | Failed | Error | undefined> {
  let newest = -1;
  for await (const key of repository.list(layout.run(runId))) {
    const attempt = /\.(\d+)\.outcome\.json$/.exec(key)?.[1];
    if (attempt !== undefined && key === layout.outcome(runId, task, Number(attempt)))
      newest = Math.max(newest, Number(attempt));
  }
  const bytes = newest < 0 ? undefined : await repository.read(layout.outcome(runId, task, newest));
  if (!bytes) return undefined;
  try {
    return parseJson(bytes, outcomeOf(schema) as z.ZodType<T | Failed>, `outcome of ${task}`);
  } catch (error) {
    return error as Error;
  }
}
