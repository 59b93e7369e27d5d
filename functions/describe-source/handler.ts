import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { describeSource } from "#app/describe-source.ts";
import { loadConfig } from "#config";
import { tallies } from "#engines/descriptions.ts";
import { TimelineByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const ports = wireAws(loadConfig(process.env), plan.signing?.publicKeySha256);

export const handler = defineTask(TimelineByHand, describeSource({ ...ports, plan, tallies }));
