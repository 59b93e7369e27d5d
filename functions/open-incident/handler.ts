import { defineTask } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { openIncident } from "#app/open-incident.ts";
import { loadConfig } from "#config";
import { IncidentByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const ports = wireAws(loadConfig(process.env), plan.signing?.publicKeySha256);
const open = openIncident({ ...ports, openCopy, plan, audit: auditLog(ports) });

export const handler = defineTask(IncidentByHand, (input, { requestId }) => open(input, requestId));
