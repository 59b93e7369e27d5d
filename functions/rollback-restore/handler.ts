import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents, wireTasks } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { rollbackRestore } from "#app/rollback-restore.ts";
import { loadConfig } from "#config";
import { swapKeepsOldState } from "#engines/descriptions.ts";
import { RollbackByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, [
  "CLUSTER",
  "RESTORE_TASK",
  "SUBNET_IDS",
  "RESTORE_SECURITY_GROUP",
  "ASSIGN_PUBLIC_IP",
]);
const tasks = wireTasks(config, config.RESTORE_SECURITY_GROUP);
const { plan } = loadPlan(process.env);
const ports = wireAws(config, plan.signing?.publicKeySha256);
const rollback = rollbackRestore({
  ...ports,
  audit: auditLog(ports),
  log,
  events: wireEvents(),
  tasks,
  restoreTask: config.RESTORE_TASK,
  plan,
  swapKeepsOldState,
});

export const handler = defineTask(RollbackByHand, (input, { requestId }) => rollback(input, requestId));
