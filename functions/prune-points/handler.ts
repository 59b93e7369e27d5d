import { defineTask, log } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws, wireEraser } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { prunePoints } from "#app/prune-points.ts";
import { sweptPlace } from "#app/swept-place.ts";
import { loadConfig } from "#config";
import { SweepState } from "#events/retention-requested.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env);
const { plan } = loadPlan(process.env);
const ports = { ...wireAws(config, plan.signing?.publicKeySha256), openCopy, plan, log };
const audit = auditLog(ports);

export const handler = defineTask(SweepState, ({ where, ...sweep }) => {
  const swept = sweptPlace(ports, where);
  return prunePoints({ ...swept, audit, eraser: wireEraser(config, swept.home?.place) })(sweep);
});
