import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireExecutions, wireRunningTasks, wireWaitingStates } from "#adapters/aws/wire.ts";
import { cancelRestore } from "#app/cancel-restore.ts";
import { loadConfig } from "#config";
import { CancelByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["CLUSTER", "RESTORE_MACHINE", "BACKUP_MACHINE"]);
const { plan } = loadPlan(process.env);
const cancel = cancelRestore({
  ...wireAws(config, plan.signing?.publicKeySha256),
  executions: wireExecutions(),
  tasks: wireRunningTasks(config),
  waiting: wireWaitingStates(),
  restoreMachine: config.RESTORE_MACHINE,
  backupMachine: config.BACKUP_MACHINE,
  plan,
});

export const handler = defineTask(CancelByHand, (input, { requestId }) => cancel(input, requestId));
