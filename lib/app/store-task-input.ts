import { AlreadyCommitted } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { TaskInput } from "#domain/task-input.ts";
import type { Repository } from "#ports/repository.ts";

/**
 * Stores what a task is told and gives the key, which is all that the task's environment carries. The same input already
 * there is a retry; another one means that two runs share an id, and neither may go on.
 */
export async function storeTaskInput(
  { repository, layout }: { repository: Repository; layout: RepositoryLayout },
  input: TaskInput,
): Promise<{ source: string; taskInputKey: string }> {
  const taskInputKey = layout.taskInput(input.runId, input.task);
  const body = JSON.stringify(input);
  if ((await repository.create(taskInputKey, body)) === "exists") {
    const there = await repository.read(taskInputKey);
    if (!there || sha256(there) !== sha256(body))
      throw new AlreadyCommitted(`${taskInputKey} tells a task something else already`);
  }
  return { source: input.source, taskInputKey };
}
