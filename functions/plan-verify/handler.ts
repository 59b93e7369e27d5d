import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { planVerify } from "#app/plan-verify.ts";
import { loadConfig } from "#config";
import { inExecution } from "#events/backup-requested.ts";
import { VerifyRequested } from "#events/verify-requested.ts";
import { loadPlan } from "../plan.ts";

const run = planVerify({
  ...wireAws(loadConfig(process.env), loadPlan(process.env).plan.signing?.publicKeySha256),
  log,
});

export const handler = defineTask(inExecution(VerifyRequested), run);
