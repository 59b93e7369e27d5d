import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { planRestoreAll } from "#app/plan-restore-all.ts";
import { loadConfig } from "#config";
import { inExecution } from "#events/backup-requested.ts";
import { RestoreAllRequested } from "#events/restore-requested.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const run = planRestoreAll({ ...wireAws(loadConfig(process.env), plan.signing?.publicKeySha256), plan, log });

export const handler = defineTask(inExecution(RestoreAllRequested), run);
