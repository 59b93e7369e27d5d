import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { quarantine } from "#app/quarantine.ts";
import { loadConfig } from "#config";
import { JudgementByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const ports = wireAws(loadConfig(process.env), loadPlan(process.env).plan.signing?.publicKeySha256);
const condemn = quarantine({ ...ports, events: wireEvents(), audit: auditLog(ports) });

export const handler = defineTask(JudgementByHand, (input, { requestId }) => condemn(input, requestId));
