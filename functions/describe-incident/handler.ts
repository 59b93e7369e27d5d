import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { describeIncident } from "#app/describe-incident.ts";
import { loadConfig } from "#config";
import { IncidentById } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const ports = wireAws(loadConfig(process.env), plan.signing?.publicKeySha256);
const describe = describeIncident({ ...ports, plan });

export const handler = defineTask(IncidentById, describe);
