import { defineTask } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws } from "#adapters/aws/wire.ts";
import { planRetention } from "#app/plan-retention.ts";
import { loadConfig } from "#config";
import { RetentionByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);

export const handler = defineTask(
  RetentionByHand,
  planRetention({ ...wireAws(loadConfig(process.env), plan.signing?.publicKeySha256), openCopy, plan }),
);
