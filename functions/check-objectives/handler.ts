import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents, wireExecutions, wireMachines, wireMetrics } from "#adapters/aws/wire.ts";
import { checkObjectives } from "#app/check-objectives.ts";
import { loadConfig } from "#config";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["BACKUP_MACHINE"]);
const { plan } = loadPlan(process.env);

export const handler = defineTask(
  z.strictObject({}),
  checkObjectives({
    ...wireAws(config, plan.signing?.publicKeySha256),
    plan,
    events: wireEvents(),
    machines: wireMachines(),
    executions: wireExecutions(),
    backupMachine: config.BACKUP_MACHINE,
    metrics: wireMetrics(config, plan),
    log,
  }),
);
