import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents, wireRoles, wireSeal } from "#adapters/aws/wire.ts";
import { climbLadder } from "#app/climb-ladder.ts";
import { loadConfig } from "#config";
import { durationMs } from "#domain/duration.ts";
import { EscalationState } from "#events/escalation-state.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["ROLE_TOPICS"]);
const { plan } = loadPlan(process.env);
/** What the template gives it where the plan wants links. */
function wireLinks() {
  const { acknowledgeLink } = plan.tell;
  if (acknowledgeLink === undefined) return undefined;
  const { LINK_KEY, LINK_URL } = loadConfig(process.env, ["LINK_KEY", "LINK_URL"]);
  return { seal: wireSeal(LINK_KEY), url: LINK_URL, validForMs: durationMs(acknowledgeLink) };
}

export const handler = defineTask(
  EscalationState,
  climbLadder({ ...wireAws(config), plan, events: wireEvents(), tellRole: wireRoles(config), links: wireLinks(), log }),
);
