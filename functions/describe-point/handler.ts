import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { describePoint } from "#app/describe-point.ts";
import { loadConfig } from "#config";
import { PointByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const ports = { ...wireAws(loadConfig(process.env), plan.signing?.publicKeySha256), plan };

export const handler = defineTask(PointByHand, describePoint(ports));
