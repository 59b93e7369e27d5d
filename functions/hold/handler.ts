import { defineTask } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { hold } from "#app/hold.ts";
import { loadConfig } from "#config";
import { HoldByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const ports = wireAws(loadConfig(process.env), plan.signing?.publicKeySha256);
const place = hold({ ...ports, openCopy, plan, audit: auditLog(ports) });

export const handler = defineTask(HoldByHand, (input, { requestId }) => place(input, requestId));
