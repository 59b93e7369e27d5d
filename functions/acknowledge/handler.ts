import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents } from "#adapters/aws/wire.ts";
import { acknowledge } from "#app/acknowledge.ts";
import { loadConfig } from "#config";
import { AcknowledgeByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const take = acknowledge({
  ...wireAws(loadConfig(process.env)),
  plan: loadPlan(process.env).plan,
  events: wireEvents(),
});

export const handler = defineTask(AcknowledgeByHand, (input, { requestId }) => take(input, requestId));
