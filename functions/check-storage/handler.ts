import { z } from "zod";
import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents, wireInventory, wireMetrics } from "#adapters/aws/wire.ts";
import { checkStorage } from "#app/check-storage.ts";
import { loadConfig } from "#config";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["AWS_REGION"]);
const { plan } = loadPlan(process.env);
const check = checkStorage({
  ...wireAws(config, plan.signing?.publicKeySha256),
  ...{ plan, region: config.AWS_REGION, inventory: wireInventory(config) },
  ...{ events: wireEvents(), metrics: wireMetrics(config, plan) },
});

export const handler = defineTask(z.strictObject({}), () => check());
