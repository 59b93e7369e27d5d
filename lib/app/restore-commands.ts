import type { RequestId, RestoreId, RollbackId } from "#domain/ids.ts";

/** For a shell: what stands in single quotes is taken as it is, but for single quotes. */
const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

const invokeWith = (stage: string, name: string, json: string) =>
  `npx sls invoke --stage ${stage} -f ${name} -d ${quoted(json)}`;
export const invoke = (stage: string, name: string, input: object) => invokeWith(stage, name, JSON.stringify(input));
/** `request`: the JSON of it. */
export const startRestoreCommand = (stage: string, request: string) => invokeWith(stage, "start-restore", request);
/** `request`: the JSON of it. */
export const startMachineCommand = (machineArn: string, request: string) =>
  `aws stepfunctions start-execution --state-machine-arn ${machineArn} --input ${quoted(request)}`;
export const stopMachineCommand = (executionArn: string) =>
  `aws stepfunctions stop-execution --execution-arn ${executionArn}`;
/** Holds everything. */
export const holdCommand = (stage: string) => invoke(stage, "hold", { why: "what happened", requestedBy: "your name" });
export const acknowledgeCommand = (stage: string, alarm: { source: string; code: string; resolved?: boolean }) =>
  invoke(stage, "acknowledge", { ...alarm, requestedBy: "your name" });
/** What a person types about one restore. */
export const describeCommand = (stage: string, restoreId: RestoreId) =>
  `npx sls invoke --stage ${stage} -f describe-restore -d '{"restoreId":"${restoreId}"}'`;
export const cancelCommand = (stage: string, restoreId: RestoreId) =>
  `npx sls invoke --stage ${stage} -f cancel-restore -d '{"restoreId":"${restoreId}","because":"…"}'`;
/** `requestId`: what a second person has approved. */
export const rollbackCommand = (stage: string, restoreId: RestoreId, target: string, requestId?: RollbackId) =>
  invoke(stage, "rollback-restore", { restoreId, confirm: target, requestId });

/** What a second person types; their own name tells them from who asks. */
export const decideCommands = (stage: string, { requestId, target }: { requestId: RequestId; target: string }) =>
  [
    invoke(stage, "approve", { requestId, confirm: target, approvedBy: "your name" }),
    invoke(stage, "refuse", { requestId, confirm: target, refusedBy: "your name", because: "…" }),
  ].join("\n");
