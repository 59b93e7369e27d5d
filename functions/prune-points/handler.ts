import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEraser } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { prunePoints } from "#app/prune-points.ts";
import { loadConfig } from "#config";
import { SweepState } from "#events/retention-requested.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env);
const { plan } = loadPlan(process.env);
const ports = wireAws(config, plan.signing?.publicKeySha256);
const eraser = wireEraser(config);

export const handler = defineTask(SweepState, prunePoints({ ...ports, plan, log, eraser, audit: auditLog(ports) }));
