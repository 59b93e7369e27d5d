import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { tickStep } from "#app/tick-step.ts";
import { loadConfig } from "#config";
import { StepByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const tick = tickStep(wireAws(loadConfig(process.env), plan.signing?.publicKeySha256));

export const handler = defineTask(StepByHand, (input, { requestId }) => tick(input, requestId));
