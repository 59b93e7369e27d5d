import type { RestoreId } from "#domain/ids.ts";

/** What a person types about one restore. */
export const describeCommand = (stage: string, restoreId: RestoreId) =>
  `npx sls invoke --stage ${stage} -f describe-restore -d '{"restoreId":"${restoreId}"}'`;
export const cancelCommand = (stage: string, restoreId: RestoreId) =>
  `npx sls invoke --stage ${stage} -f cancel-restore -d '{"restoreId":"${restoreId}","because":"…"}'`;
export const rollbackCommand = (stage: string, restoreId: RestoreId, target: string) =>
  `npx sls invoke --stage ${stage} -f rollback-restore -d '{"restoreId":"${restoreId}","confirm":"${target}"}'`;
