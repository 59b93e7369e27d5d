import { AlreadyCommitted } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { TaskInput, TaskInputOf } from "#domain/task-input.ts";
import type { Clock } from "#ports/log.ts";
import type { Repository } from "#ports/repository.ts";

type Ports = { repository: Repository; layout: RepositoryLayout };
type Stored = { source: string; taskInputKey: string };
/** Tasks that read the bytes of a point which is there already. */
type Reading = TaskInputOf<"verify" | "inspect" | "restore">;
export type NotReading = Exclude<TaskInput, Reading>;

/** Stores what a task is told and gives the key, which is all that the task's environment carries. */
export const storeTaskInput = (ports: Ports, input: NotReading): Promise<Stored> => store(ports, input);

/** The same for a task that reads a point. Before it, it is noted that the point is read: `pointsInUse` misses none. */
export async function storeReading(ports: Ports & { clock: Clock }, input: Reading): Promise<Stored> {
  await ports.repository.create(ports.layout.reading(input.backupId, ports.clock()), "{}");
  return store(ports, input);
}

/** The same input already there is a retry; another one means that two runs share an id, and neither may go on. */
async function store({ repository, layout }: Ports, input: TaskInput): Promise<Stored> {
  const taskInputKey = layout.taskInput(input.runId, input.task);
  const body = JSON.stringify(input);
  if ((await repository.create(taskInputKey, body)) === "exists") {
    const there = await repository.read(taskInputKey);
    if (!there || sha256(there) !== sha256(body))
      throw new AlreadyCommitted(`${taskInputKey} tells a task something else already`);
  }
  return { source: input.source, taskInputKey };
}
