import { defineTask, log } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { expirePoints } from "#app/expire-points.ts";
import { sweptPlace } from "#app/swept-place.ts";
import { loadConfig } from "#config";
import { SweepState } from "#events/retention-requested.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const ports = { ...wireAws(loadConfig(process.env), plan.signing?.publicKeySha256), openCopy, plan, log };
const audit = auditLog(ports);

export const handler = defineTask(SweepState, ({ where, ...sweep }) =>
  expirePoints({ ...sweptPlace(ports, where), audit })(sweep),
);
