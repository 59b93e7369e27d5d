import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { checkInterlock } from "#app/check-interlock.ts";
import { loadConfig } from "#config";
import { RestorePlan } from "#domain/restore-plan.ts";
import { TaskEnd } from "#domain/task-input.ts";
import { swapKeepsOldState } from "#engines/descriptions.ts";
import { RestoreRequested } from "#events/restore-requested.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const run = checkInterlock({
  ...wireAws(loadConfig(process.env), plan.signing?.publicKeySha256),
  plan,
  swapKeepsOldState,
  log,
});
const InterlockInput = z.strictObject({
  input: RestoreRequested,
  plan: RestorePlan,
  executionId: z.string(),
  inspected: z.array(TaskEnd),
});

export const handler = defineTask(InterlockInput, run);
