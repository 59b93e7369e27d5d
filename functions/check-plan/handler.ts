import { z } from "zod";
import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { checkPlan } from "#app/check-plan.ts";
import { loadConfig } from "#config";
import { loadPlan } from "../plan.ts";

const ports = wireAws(loadConfig(process.env));

export const handler = defineTask(z.strictObject({}), () =>
  checkPlan({ ...ports, plan: loadPlan(process.env).plan })(),
);
