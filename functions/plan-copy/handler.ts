import { defineTask, log } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws } from "#adapters/aws/wire.ts";
import { planCopy } from "#app/plan-copy.ts";
import { loadConfig } from "#config";
import { inExecution } from "#events/backup-requested.ts";
import { CopyRequested } from "#events/copy-requested.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const run = planCopy({ ...wireAws(loadConfig(process.env), plan.signing?.publicKeySha256), openCopy, plan, log });

export const handler = defineTask(inExecution(CopyRequested), run);
