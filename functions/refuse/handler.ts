import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireWaitingStates } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { refuse } from "#app/refuse.ts";
import { loadConfig } from "#config";
import { RefuseByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const ports = wireAws(loadConfig(process.env), loadPlan(process.env).plan.signing?.publicKeySha256);
const decide = refuse({ ...ports, waiting: wireWaitingStates(), audit: auditLog(ports) });

export const handler = defineTask(RefuseByHand, (input, { requestId }) => decide(input, requestId));
