import type { Interrupted } from "#domain/errors.ts";
import type { BackupId } from "#domain/ids.ts";
import { Captured } from "#domain/outcome.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { RunLog } from "#ports/log.ts";
import type { Repository } from "#ports/repository.ts";
import { newestOutcome } from "./judge-task.ts";

type Ports = { repository: Repository; layout: RepositoryLayout; log: RunLog };
type Input = { backupId: BackupId; source: string; tries: number };

/**
 * A capture's task has failed. Whether it is tried once more is decided by the outcome that it left: only one that was told
 * to stop (a retired host, Spot) and has said so would come to something else the second time.
 */
export const judgeInterruption =
  ({ repository, layout, log }: Ports) =>
  async ({ backupId, source, tries }: Input): Promise<{ isTriedAgain: boolean }> => {
    log.belongsTo(backupId);
    const outcome = await newestOutcome(repository, layout, { runId: backupId, task: source }, Captured);
    const wasInterrupted =
      outcome !== undefined && !(outcome instanceof Error) && !outcome.succeeded && outcome.error.name === INTERRUPTED;
    const isTriedAgain = wasInterrupted && tries === 0;
    log.info(`${source}: ${isTriedAgain ? "was interrupted, and is tried once more" : "is not tried again"}`, {
      wasInterrupted,
      tries,
    });
    return { isTriedAgain };
  };

const INTERRUPTED: Interrupted["name"] = "Interrupted";
