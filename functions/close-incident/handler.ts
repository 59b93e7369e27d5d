import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { closeIncident } from "#app/close-incident.ts";
import { loadConfig } from "#config";
import { IncidentEndByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const ports = wireAws(loadConfig(process.env), plan.signing?.publicKeySha256);
const close = closeIncident({ ...ports, plan });

export const handler = defineTask(IncidentEndByHand, (input, { requestId }) => close(input, requestId));
