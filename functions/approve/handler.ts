import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireWaitingStates } from "#adapters/aws/wire.ts";
import { approve } from "#app/approve.ts";
import { auditLog } from "#app/audit-log.ts";
import { loadConfig } from "#config";
import { ApproveByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const ports = wireAws(loadConfig(process.env), loadPlan(process.env).plan.signing?.publicKeySha256);
const decide = approve({ ...ports, waiting: wireWaitingStates(), audit: auditLog(ports) });

export const handler = defineTask(ApproveByHand, (input, { requestId }) => decide(input, requestId));
