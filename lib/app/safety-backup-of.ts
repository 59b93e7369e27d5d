import type { RestoreId } from "#domain/ids.ts";
import type { Executions } from "#ports/executions.ts";
import { readRequest } from "./describe-failure.ts";

/** The execution that takes the safety point of a restore, as long as it runs. */
export async function safetyBackupOf(
  { executions, backupMachine }: { executions: Executions; backupMachine: string },
  restoreId: RestoreId,
): Promise<string | undefined> {
  for await (const { arn } of executions.list(backupMachine, "RUNNING"))
    if (readRequest(await executions.describe(arn)).safetyFor === restoreId) return arn;
  return undefined;
}
