import { defineTask } from "#adapters/aws/define-task.ts";
import { wireMachines } from "#adapters/aws/wire.ts";
import { startBackup } from "#app/start-backup.ts";
import { loadConfig } from "#config";
import { BackupByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const { BACKUP_MACHINE, STAGE } = loadConfig(process.env, ["BACKUP_MACHINE"]);
const start = startBackup({
  machines: wireMachines(),
  machine: BACKUP_MACHINE,
  plan: loadPlan(process.env).plan,
  stage: STAGE,
});

export const handler = defineTask(BackupByHand, (input, { requestId }) => start(input, requestId));
