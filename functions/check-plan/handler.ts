import { z } from "zod";
import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { checkPlan } from "#app/check-plan.ts";
import { loadConfig } from "#config";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["AWS_REGION", "CAPTURE_CPU", "CAPTURE_MEMORY", "TASK_ARCHITECTURE"]);
const captureTask = {
  vcpus: Number(config.CAPTURE_CPU) / 1024,
  memoryGb: Number(config.CAPTURE_MEMORY) / 1024,
  architecture: config.TASK_ARCHITECTURE,
};
const check = checkPlan({
  ...wireAws(config),
  plan: loadPlan(process.env).plan,
  region: config.AWS_REGION,
  captureTask,
});

export const handler = defineTask(z.strictObject({}), () => check());
