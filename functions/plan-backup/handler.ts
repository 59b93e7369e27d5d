import { count, defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { planBackup } from "#app/plan-backup.ts";
import { loadConfig } from "#config";
import { safetySources } from "#engines/descriptions.ts";
import { BackupRequested, inExecution } from "#events/backup-requested.ts";
import { loadPlan } from "../plan.ts";

const { plan, escrow } = loadPlan(process.env);
const run = planBackup({ ...wireAws(loadConfig(process.env)), plan, escrow, safetySources, log, count });

export const handler = defineTask(inExecution(BackupRequested), run);
