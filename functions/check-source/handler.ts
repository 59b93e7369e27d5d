import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireTasks } from "#adapters/aws/wire.ts";
import { askForCheck } from "#app/ask-for-check.ts";
import { loadConfig } from "#config";
import { SourceByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, [
  "CLUSTER",
  "CAPTURE_TASK",
  "SUBNET_IDS",
  "TASK_SECURITY_GROUP",
  "ASSIGN_PUBLIC_IP",
  "VERIFY_MEMORY",
  "RESTORE_MEMORY",
]);
const bytes = (mebibytes: string) => Number(mebibytes) * 1024 * 1024;
const tasks = wireTasks(config, config.TASK_SECURITY_GROUP);
const check = askForCheck({
  ...wireAws(config),
  tasks,
  captureTask: config.CAPTURE_TASK,
  memory: { verify: bytes(config.VERIFY_MEMORY), restore: bytes(config.RESTORE_MEMORY) },
  plan: loadPlan(process.env).plan,
});

export const handler = defineTask(SourceByHand, (input, { requestId }) => check(input, requestId));
