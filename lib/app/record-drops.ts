import { ManifestInvalid } from "#domain/errors.ts";
import type { DroppedState } from "#domain/evidence.ts";
import { parseJson } from "#domain/manifest.ts";
import { Dropped } from "#domain/outcome.ts";
import { TaskInput, type TaskInputOf } from "#domain/task-input.ts";
import type { DropEnd } from "#events/drop-requested.ts";
import type { Signer } from "#ports/keys.ts";
import type { RunLog } from "#ports/log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { judgeTask } from "./judge-task.ts";
import { createSigned } from "./signed-objects.ts";

type Ports = CatalogPorts & { signer: Signer; log: RunLog };
export type RecordedDrops = { outcome: "DROPPED" | "FAILED"; problems: string };

/** Stores what was dropped, signed, beside the evidence of the restore that had kept it. What failed is tried again by the next run. */
export const recordDrops =
  (ports: Ports) =>
  async ({ runId, ends }: { runId: string; ends: DropEnd[] }): Promise<RecordedDrops> => {
    ports.log.belongsTo(runId);
    const problems: string[] = [];
    for (const end of ends) {
      const { restoreId, source, target, keptFor, task } = await toldTo(ports, end);
      const judged = await judgeTask(ports, { runId, task }, end, Dropped);
      if (!judged.succeeded) {
        problems.push(
          `${source}: what the restore ${restoreId} has kept in ${target} was not dropped: ${judged.reason}`,
        );
        continue;
      }
      const { finishedAt, dropped } = judged.outcome;
      const record: DroppedState = { schema: 1, restoreId, source, target, keptFor, finishedAt, dropped };
      const key = ports.layout.dropped(restoreId);
      const body = `${JSON.stringify(record, null, 2)}\n`;
      const written = await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), body);
      if (written === "differs") problems.push(`${source}: ${key} is there already, and says something else`);
      ports.log.info(`${target}: what ${restoreId} had kept is dropped`, { keptFor, dropped });
    }
    if (problems.length > 0) ports.log.error("old states were not dropped", { problems });
    return { outcome: problems.length === 0 ? "DROPPED" : "FAILED", problems: problems.join("\n") };
  };

async function toldTo({ repository }: Ports, { taskInputKey }: DropEnd): Promise<TaskInputOf<"drop">> {
  const bytes = await repository.read(taskInputKey);
  const input = bytes && parseJson(bytes, TaskInput, taskInputKey);
  if (input?.verb !== "drop") throw new ManifestInvalid(`${taskInputKey} tells nobody to drop anything`);
  return input;
}
