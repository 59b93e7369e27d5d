import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireLocker } from "#adapters/aws/wire.ts";
import { lockPoints } from "#app/lock-points.ts";
import { loadConfig } from "#config";
import { LockState } from "#events/retention-requested.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env);
const { plan } = loadPlan(process.env);
const ports = wireAws(config, plan.signing?.publicKeySha256);

export const handler = defineTask(LockState, lockPoints({ ...ports, plan, locker: wireLocker(config), log }));
