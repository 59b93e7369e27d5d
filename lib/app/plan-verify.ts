import { NoSuchPoint } from "#domain/errors.ts";
import type { BackupId } from "#domain/ids.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import { type CatalogPorts, pointsOf, readManifest } from "./catalog.ts";

type Input = {
  input: { backupId: BackupId; wrong?: Record<string, string[]> | undefined };
  execution: { name: string };
};
export type PlannedVerify = {
  isNeeded: boolean;
  backupId: BackupId;
  runId: string;
  wrong: Record<string, string[]>;
  sources: { source: string; taskInputKey: string }[];
};

/**
 * One task for every point of the backup that is still unproven. Points that the check found wrong are not read: they go
 * to quarantine as they are. Throws `NoSuchPoint`, or what makes the manifest unbelievable.
 */
export const planVerify =
  (ports: CatalogPorts) =>
  async ({ input: { backupId, wrong = {} }, execution }: Input): Promise<PlannedVerify> => {
    const { repository, layout } = ports;
    const runId = execution.name;
    const found = await readManifest(ports, backupId);
    if (!found) throw new NoSuchPoint(`There is no backup ${backupId}`);
    const { points } = await pointsOf(ports, backupId);
    const open = points.filter(({ source, proof }) => proof === "committed" && wrong[source] === undefined);
    const sources = open.map(({ source }) => ({ source, taskInputKey: layout.taskInput(runId, source) }));
    for (const { source, component } of open) {
      const task: TaskInputOf<"verify"> = {
        verb: "verify",
        runId,
        task: source,
        source,
        engine: component.engine,
        backupId,
      };
      await repository.create(layout.taskInput(runId, source), JSON.stringify(task));
    }
    const known = Object.fromEntries(Object.entries(wrong).filter(([source]) => found.manifest.components[source]));
    return { isNeeded: sources.length > 0 || Object.keys(known).length > 0, backupId, runId, wrong: known, sources };
  };
