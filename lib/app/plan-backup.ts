import pMap from "p-map";
import { InputInvalid } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { hasHooks } from "#domain/hooks.ts";
import { type BackupId, kindOfRun, manualBackupId, safetyBackupId, scheduledBackupId } from "#domain/ids.ts";
import { PipelineOptions } from "#domain/pipeline-options.ts";
import { optionsOf, type Plan, type SafetySources } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { BackupRequested } from "#events/backup-requested.ts";
import type { RunLog } from "#ports/log.ts";
import type { Metrics } from "#ports/metrics.ts";
import type { Repository } from "#ports/repository.ts";
import { claim } from "./claim.ts";
import { storeTaskInput } from "./store-task-input.ts";

type Ports = {
  repository: Repository;
  layout: RepositoryLayout;
  plan: Plan;
  escrow: string | null;
  /** Per engine: the section of a source that is what a target holds. */
  safetySources: SafetySources;
  log: RunLog;
  metrics: Metrics;
};
type Input = { input: BackupRequested; execution: { id: string; startTime: string } };
export type PlannedBackup = {
  claimed: boolean;
  backupId: BackupId;
  sourceIds: string[];
  sources: { source: string; taskInputKey: string; hasHooks: boolean }[];
};

/** Claims the run for this execution and stores one task input per source. A run that is claimed already is left alone. */
export const planBackup =
  ({ repository, layout, plan, escrow, safetySources, log, metrics }: Ports) =>
  async ({ input, execution }: Input): Promise<PlannedBackup> => {
    const { backupId, captures } =
      "safetyFor" in input ? safety(plan, safetySources, input, execution) : ofPlan(plan, input, execution);
    log.belongsTo(backupId);
    const claimed = await claim(repository, layout.claim(backupId), execution.id);
    if (!claimed) {
      log.info(`${backupId} is claimed by another execution: nothing to do`, { backupId });
      metrics({ backup_skipped_total: 1 }, { backup: kindOfRun(backupId) });
    }
    const sources = !claimed
      ? []
      : await pMap(captures, async ({ source, isHooked, ...told }) => ({
          ...(await storeTaskInput(
            { repository, layout },
            { verb: "capture", runId: backupId, task: source, source, ...told, backupId, escrow },
          )),
          hasHooks: isHooked,
        }));
    if (claimed) log.info(`${backupId}: to be captured`, { sources: sources.map(({ source }) => source) });
    return { claimed, backupId, sourceIds: captures.map(({ source }) => source), sources };
  };

type Capture = {
  source: string;
  engine: string;
  section: Record<string, unknown>;
  pipeline: PipelineOptions;
  isHooked: boolean;
};
type Planned = { backupId: BackupId; captures: Capture[] };
type OfPlan = Extract<BackupRequested, { backup: string }>;
type Safety = Extract<BackupRequested, { safetyFor: string }>;

function ofPlan(plan: Plan, input: OfPlan, execution: Input["execution"]): Planned {
  const backup = plan.backups[input.backup];
  if (!backup)
    throw new InputInvalid(
      `backup: there is no backup "${input.backup}"; the plan has ${Object.keys(plan.backups).join(", ")}`,
    );
  const wanted = [...new Set(input.sources ?? backup.sources)];
  const strangers = wanted.filter((source) => !backup.sources.includes(source));
  if (strangers.length > 0)
    throw new InputInvalid(
      strangers.map((name) => `sources: "${name}" is none of ${backup.sources.join(", ")}`).join("\n"),
    );
  const backupId =
    input.scheduledTime === undefined
      ? manualBackupId(sha256(execution.id).slice(0, 4), new Date(execution.startTime))
      : scheduledBackupId(input.backup, new Date(input.scheduledTime));
  return {
    backupId,
    captures: wanted.map((source) => {
      const { hooks, ...options } = optionsOf(plan, source);
      return { source, ...options, isHooked: hasHooks(hooks) };
    }),
  };
}

/**
 * What a restore would replace: captured under the name of the source that lives there, or else of the target. Without
 * hooks: it must be had even where the application around it is broken.
 */
function safety(plan: Plan, safetySources: SafetySources, input: Safety, execution: Input["execution"]): Planned {
  const target = plan.targets[input.target];
  if (!target) throw new InputInvalid(`target: there is no target "${input.target}"`);
  const { engine, live: _, hooks: __, keepOldState: ___, approval: ____, source, ...own } = target;
  const { section: its, pipeline } =
    source === undefined ? { section: own, pipeline: PipelineOptions.parse({}) } : optionsOf(plan, source);
  const section = safetySources[engine]?.(its, input.holds) ?? {};
  return {
    backupId: safetyBackupId(input.safetyFor, new Date(execution.startTime)),
    captures: [{ source: source ?? input.target, engine, section, pipeline, isHooked: false }],
  };
}
