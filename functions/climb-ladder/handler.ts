import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents, wireRoles } from "#adapters/aws/wire.ts";
import { climbLadder } from "#app/climb-ladder.ts";
import { loadConfig } from "#config";
import { EscalationState } from "#events/escalation-state.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["ROLE_TOPICS"]);
const { plan } = loadPlan(process.env);

export const handler = defineTask(
  EscalationState,
  climbLadder({ ...wireAws(config), plan, events: wireEvents(), tellRole: wireRoles(config), log }),
);
