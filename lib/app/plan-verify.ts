import pMap from "p-map";
import { NoSuchPoint } from "#domain/errors.ts";
import type { BackupId } from "#domain/ids.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import { type CatalogPorts, pointsOf, readManifest } from "./catalog.ts";
import { storeReading } from "./store-task-input.ts";

type Input = {
  input: { backupId: BackupId; wrong?: Record<string, string[]> | undefined; again?: boolean | undefined };
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
  (ports: CatalogPorts & { clock: Clock; log: RunLog }) =>
  async ({ input: { backupId, wrong = {}, again = false }, execution }: Input): Promise<PlannedVerify> => {
    const runId = `verify-${execution.name}`; // the execution of a backup's event is named like the backup, whose run has a folder too
    ports.log.belongsTo(backupId);
    const found = await readManifest(ports, backupId);
    if (!found) throw new NoSuchPoint(`There is no backup ${backupId}`);
    const { points } = await pointsOf(ports, backupId);
    const open = points.filter(
      ({ source, proof }) => (proof === "committed" || (again && proof === "verified")) && wrong[source] === undefined,
    );
    const sources = await pMap(open, ({ source, component: { engine } }) =>
      storeReading(ports, { verb: "verify", runId, task: source, source, engine, backupId }),
    );
    ports.log.info(`${backupId}: to be read back`, { runId, sources: sources.map(({ source }) => source), wrong });
    const known = Object.fromEntries(Object.entries(wrong).filter(([source]) => found.manifest.components[source]));
    return { isNeeded: sources.length > 0 || Object.keys(known).length > 0, backupId, runId, wrong: known, sources };
  };
