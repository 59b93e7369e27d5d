import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireExecutions } from "#adapters/aws/wire.ts";
import { describeRestore } from "#app/describe-restore.ts";
import { loadConfig } from "#config";
import { DescribeRestoreByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["RESTORE_MACHINE"]);
const { plan } = loadPlan(process.env);
const describe = describeRestore({
  ...wireAws(config, plan.signing?.publicKeySha256),
  executions: wireExecutions(),
  restoreMachine: config.RESTORE_MACHINE,
  plan,
});

export const handler = defineTask(DescribeRestoreByHand, describe);
