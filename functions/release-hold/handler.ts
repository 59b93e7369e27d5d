import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { releaseHold } from "#app/release-hold.ts";
import { loadConfig } from "#config";
import { ReleaseByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const ports = wireAws(loadConfig(process.env), loadPlan(process.env).plan.signing?.publicKeySha256);
const release = releaseHold({ ...ports, audit: auditLog(ports) });

export const handler = defineTask(ReleaseByHand, (input, { requestId }) => release(input, requestId));
