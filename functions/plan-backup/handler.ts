import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireMetrics } from "#adapters/aws/wire.ts";
import { planBackup } from "#app/plan-backup.ts";
import { loadConfig } from "#config";
import { safetySources } from "#engines/descriptions.ts";
import { BackupRequested, inExecution } from "#events/backup-requested.ts";
import { loadPlan } from "../plan.ts";

const { plan, escrow } = loadPlan(process.env);
const config = loadConfig(process.env);
const metrics = wireMetrics(config, plan);
const run = planBackup({ ...wireAws(config), plan, escrow, safetySources, log, metrics });

export const handler = defineTask(inExecution(BackupRequested), run);
