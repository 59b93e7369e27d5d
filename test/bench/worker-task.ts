import { PutObjectCommand } from "@aws-sdk/client-s3";
import type { z } from "zod";
import { outcomeOf } from "#domain/outcome.ts";
import { repositoryLayout } from "#domain/repository-layout.ts";
import { TaskInput } from "#domain/task-input.ts";
import { type BenchContainer, benchAddresses, finished, MEMORY_MEBIBYTES, start } from "./containers.ts";
import { awsEnv, type Ground } from "./ground.ts";
import { BUCKET } from "./object-store.ts";
import { KEY_ARN, SECRET_ARN } from "./stand-in.ts";

export const STAGE = "bench";
export const layout = repositoryLayout(STAGE);
/** How the bench's PostgreSQL stands in a plan. */
export const section = {
  connection: { host: benchAddresses.host, port: benchAddresses.database },
  secret: SECRET_ARN,
};

/** The worker's image with a task input, as ECS runs it; only the addresses of AWS are others. */
export async function workerTask(ground: Ground, input: TaskInput): Promise<BenchContainer> {
  const Key = layout.taskInput(input.runId, input.task);
  const Body = JSON.stringify(TaskInput.parse(input));
  await ground.objectStore.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
  return {
    name: "holdfast-bench-worker",
    image: ground.images.worker,
    options: [`--memory=${MEMORY_MEBIBYTES}m`],
    env: {
      ...awsEnv(ground),
      STAGE,
      REPOSITORY_BUCKET: BUCKET,
      SIGNING_KEY: KEY_ARN,
      ENVELOPE_KEY: KEY_ARN,
      PINNED_SIGNING_KEY: "none",
      TASK_INPUT_KEY: Key,
      TASK_ATTEMPT: "0",
    },
  };
}

/** @throws when the task says that it failed */
export async function outcome<T extends z.ZodType>(
  { objectStore }: Ground,
  { runId, task }: Pick<TaskInput, "runId" | "task">,
  success: T,
): Promise<z.infer<T>> {
  const text = await objectStore.textOf(layout.outcome(runId, task, 0));
  const parsed = outcomeOf(success).parse(JSON.parse(text)) as { succeeded: boolean };
  if (!parsed.succeeded) throw new Error(`the worker failed: ${text}`);
  return parsed as z.infer<T>;
}

/** Runs a task from beginning to end, unmeasured. */
export async function runTask(ground: Ground, input: TaskInput): Promise<void> {
  const container = await workerTask(ground, input);
  await start(container);
  await finished(container.name);
}
