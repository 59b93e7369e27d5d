import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireMachines, wireMetrics, wireSns } from "#adapters/aws/wire.ts";
import { pagerDuty } from "#adapters/pagerduty.ts";
import { slackChannel } from "#adapters/slack.ts";
import { slackBot } from "#adapters/slack-bot.ts";
import { webhook } from "#adapters/webhook.ts";
import { announce } from "#app/announce.ts";
import { tellProgress } from "#app/tell-progress.ts";
import { loadConfig } from "#config";
import type { Plan } from "#domain/plan.ts";
import { ExecutionChanged, ObjectCreated } from "#events/envelopes.ts";
import { Happened, happeningOf } from "#events/happenings.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["INFO_TOPIC", "WARNING_TOPIC", "CRITICAL_TOPIC", "ESCALATE_MACHINE"]);
const { plan } = loadPlan(process.env);
const ports = wireAws(config, plan.signing?.publicKeySha256);
const topics = { info: config.INFO_TOPIC, warning: config.WARNING_TOPIC, critical: config.CRITICAL_TOPIC };
const channels = [wireSns(topics), ...slackOf(plan.tell), ...othersOf(plan.tell)];
const escalation = { machines: wireMachines(), escalateMachine: config.ESCALATE_MACHINE };
const tell = announce({ ...ports, plan, channels, log, metrics: wireMetrics(config, plan), ...escalation });
const show = tellProgress({ ...ports, channels, log });

const Event = z.discriminatedUnion("source", [ExecutionChanged, Happened, ObjectCreated]);
export const handler = defineTask(Event, async (event, { requestId }) => {
  switch (event.source) {
    case "aws.s3":
      return show(event.detail.object.key);
    case "holdfast":
      return tell({ happening: happeningOf(event), requestId });
    case "aws.states":
      if (event.detail.status === "RUNNING") return tell({ begun: event.detail, requestId });
      return event.detail.status === "SUCCEEDED"
        ? tell({ succeeded: event.detail, requestId })
        : tell({ execution: event.detail, requestId });
  }
});

function slackOf({ slack }: Plan["tell"]) {
  if (slack === undefined) return [];
  return "botTokenSecret" in slack ? [slackBot(ports, slack)] : [slackChannel(ports.secrets, slack)];
}

function othersOf(tell: Plan["tell"]) {
  return [
    ...(tell.pagerDuty ? [pagerDuty(ports, tell.pagerDuty)] : []),
    ...(tell.webhook ? [webhook(ports, tell.webhook)] : []),
  ];
}
