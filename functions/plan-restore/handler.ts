import { defineTask, log } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws, wireMachines } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { planRestore } from "#app/plan-restore.ts";
import { loadConfig } from "#config";
import { restoreOptions } from "#engines/descriptions.ts";
import { inExecution } from "#events/backup-requested.ts";
import { RestoreRequested } from "#events/restore-requested.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const ports = wireAws(loadConfig(process.env), plan.signing?.publicKeySha256);
const run = planRestore({
  ...ports,
  audit: auditLog(ports),
  openCopy,
  plan,
  restoreOptions,
  machines: wireMachines(),
  log,
});

export const handler = defineTask(inExecution(RestoreRequested), run);
