import { defineTask, log } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws, wireLocker } from "#adapters/aws/wire.ts";
import { lockPoints } from "#app/lock-points.ts";
import { sweptPlace } from "#app/swept-place.ts";
import { loadConfig } from "#config";
import { LockState } from "#events/retention-requested.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env);
const { plan } = loadPlan(process.env);
const ports = { ...wireAws(config, plan.signing?.publicKeySha256), openCopy, plan, log };

export const handler = defineTask(LockState, ({ where, ...sweep }) => {
  const swept = sweptPlace(ports, where);
  return lockPoints({ ...swept, locker: wireLocker(config, swept.home?.place) })(sweep);
});
