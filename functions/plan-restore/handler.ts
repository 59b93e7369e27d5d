import { defineTask, log } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws, wireMachines } from "#adapters/aws/wire.ts";
import { planRestore } from "#app/plan-restore.ts";
import { loadConfig } from "#config";
import { restoreOptions } from "#engines/descriptions.ts";
import { inExecution } from "#events/backup-requested.ts";
import { RestoreRequested } from "#events/restore-requested.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const run = planRestore({
  ...wireAws(loadConfig(process.env), plan.signing?.publicKeySha256),
  openCopy,
  plan,
  restoreOptions,
  machines: wireMachines(),
  log,
});

export const handler = defineTask(inExecution(RestoreRequested), run);
