import { InputInvalid } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { type BackupId, manualBackupId, safetyBackupId, scheduledBackupId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { TaskInputOf } from "#domain/task-input.ts";
import type { BackupRequested } from "#events/backup-requested.ts";
import type { Log } from "#ports/log.ts";
import type { Repository } from "#ports/repository.ts";
import { claimRun } from "./claim-run.ts";

type Ports = { repository: Repository; layout: RepositoryLayout; plan: Plan; escrow: string | null; log: Log };
type Input = { input: BackupRequested; execution: { id: string; startTime: string } };
export type PlannedBackup = {
  claimed: boolean;
  backupId: BackupId;
  sourceIds: string[];
  sources: { source: string; taskInputKey: string }[];
};

/** Claims the run for this execution and stores one task input per source. A run that is claimed already is left alone. */
export const planBackup =
  ({ repository, layout, plan, escrow, log }: Ports) =>
  async ({ input, execution }: Input): Promise<PlannedBackup> => {
    const { backupId, sourceIds } = identify(plan, input, execution);
    const claimed = await claimRun({ repository, layout }, backupId, execution.id);
    if (!claimed) log.info(`${backupId} is claimed by another execution: nothing to do`, { backupId });
    const sources = sourceIds.map((source) => ({ source, taskInputKey: layout.taskInput(backupId, source) }));
    if (claimed)
      for (const { source, taskInputKey } of sources)
        await repository.create(taskInputKey, JSON.stringify(taskInput(plan, escrow, backupId, source)));
    return { claimed, backupId, sourceIds, sources };
  };

function identify(plan: Plan, input: BackupRequested, execution: Input["execution"]) {
  const startedAt = new Date(execution.startTime);
  if ("safetyFor" in input)
    return {
      backupId: safetyBackupId(input.safetyFor, startedAt),
      sourceIds: known(plan, input.sources, Object.keys(plan.sources)),
    };
  const backup = plan.backups[input.backup];
  if (!backup)
    throw new InputInvalid(
      `backup: there is no backup "${input.backup}"; the plan has ${Object.keys(plan.backups).join(", ")}`,
    );
  const sourceIds = known(plan, input.sources ?? backup.sources, backup.sources);
  const backupId =
    input.scheduledTime === undefined
      ? manualBackupId(sha256(execution.id).slice(0, 4), startedAt)
      : scheduledBackupId(input.backup, new Date(input.scheduledTime));
  return { backupId, sourceIds };
}

function known(plan: Plan, wanted: string[], allowed: string[]): string[] {
  const strangers = wanted.filter((source) => !allowed.includes(source) || !plan.sources[source]);
  if (strangers.length > 0)
    throw new InputInvalid(strangers.map((name) => `sources: "${name}" is none of ${allowed.join(", ")}`).join("\n"));
  return [...new Set(wanted)];
}

function taskInput(plan: Plan, escrow: string | null, backupId: BackupId, source: string): TaskInputOf<"capture"> {
  const { engine = "", restoreTo: _, ...section } = plan.sources[source] ?? {};
  return { verb: "capture", runId: backupId, task: source, source, engine, backupId, section, escrow };
}
