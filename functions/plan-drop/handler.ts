import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireMachines } from "#adapters/aws/wire.ts";
import { planDrop } from "#app/plan-drop.ts";
import { loadConfig } from "#config";
import { inExecution } from "#events/backup-requested.ts";
import { DropRequested } from "#events/drop-requested.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["RESTORE_MACHINE"]);
const { plan } = loadPlan(process.env);
const run = planDrop({
  ...wireAws(config, plan.signing?.publicKeySha256),
  plan,
  machines: wireMachines(),
  restoreMachine: config.RESTORE_MACHINE,
  log,
});

export const handler = defineTask(inExecution(DropRequested), run);
