import type { RestoreId } from "#domain/ids.ts";

/** For a shell: what stands in single quotes is taken as it is, but for single quotes. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** `request`: the JSON of it. */
export const startRestoreCommand = (stage: string, request: string) =>
  `npx sls invoke --stage ${stage} -f start-restore -d ${quoted(request)}`;
/** What a person types about one restore. */
export const describeCommand = (stage: string, restoreId: RestoreId) =>
  `npx sls invoke --stage ${stage} -f describe-restore -d '{"restoreId":"${restoreId}"}'`;
export const cancelCommand = (stage: string, restoreId: RestoreId) =>
  `npx sls invoke --stage ${stage} -f cancel-restore -d '{"restoreId":"${restoreId}","because":"…"}'`;
export const rollbackCommand = (stage: string, restoreId: RestoreId, target: string) =>
  `npx sls invoke --stage ${stage} -f rollback-restore -d '{"restoreId":"${restoreId}","confirm":"${target}"}'`;
