import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireTasks } from "#adapters/aws/wire.ts";
import { askForCheck } from "#app/ask-for-check.ts";
import { loadConfig } from "#config";
import { CheckByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, [
  ...(["CLUSTER", "SUBNET_IDS", "ASSIGN_PUBLIC_IP"] as const),
  ...(["CAPTURE_TASK", "TASK_SECURITY_GROUP", "RESTORE_TASK", "RESTORE_SECURITY_GROUP"] as const),
  ...(["VERIFY_MEMORY", "RESTORE_MEMORY"] as const),
]);
const bytes = (mebibytes: string) => Number(mebibytes) * 1024 * 1024;
const { plan } = loadPlan(process.env);
const check = askForCheck({
  ...wireAws(config, plan.signing?.publicKeySha256),
  captures: { tasks: wireTasks(config, config.TASK_SECURITY_GROUP), definition: config.CAPTURE_TASK },
  restores: { tasks: wireTasks(config, config.RESTORE_SECURITY_GROUP), definition: config.RESTORE_TASK },
  memory: { verify: bytes(config.VERIFY_MEMORY), restore: bytes(config.RESTORE_MEMORY) },
  plan,
});

export const handler = defineTask(CheckByHand, (input, { requestId }) => check(input, requestId));
