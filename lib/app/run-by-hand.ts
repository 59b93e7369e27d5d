import type { z } from "zod";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { Tasks } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";
import { type Judged, judgeTask } from "./judge-task.ts";
import { type NotReading, storeTaskInput } from "./store-task-input.ts";

type Ports = { repository: Repository; layout: RepositoryLayout; tasks: Tasks };

/** Runs one task outside a machine, waits for it, and judges it as a machine's is. `stoppedBecause` is what ECS said. */
export async function runByHand<T extends { succeeded: true }>(
  ports: Ports,
  taskDefinition: string,
  input: NotReading,
  schema: z.ZodType<T>,
): Promise<{ judged: Judged<T>; stoppedBecause: string | undefined }> {
  const { taskInputKey } = await storeTaskInput(ports, input);
  const { exitCode, reason } = await ports.tasks.run(taskDefinition, taskInputKey);
  const end = { source: input.source, task: { exitCodes: exitCode === undefined ? [] : [exitCode] } };
  return { judged: await judgeTask(ports, input, end, schema), stoppedBecause: reason };
}
