import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireMetrics, wireSns } from "#adapters/aws/wire.ts";
import { slackChannel } from "#adapters/slack.ts";
import { announce } from "#app/announce.ts";
import { loadConfig } from "#config";
import { ExecutionEnded } from "#events/envelopes.ts";
import { Happened, happeningOf } from "#events/happenings.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["INFO_TOPIC", "WARNING_TOPIC", "CRITICAL_TOPIC"]);
const { plan } = loadPlan(process.env);
const ports = wireAws(config, plan.signing?.publicKeySha256);
const topics = { info: config.INFO_TOPIC, warning: config.WARNING_TOPIC, critical: config.CRITICAL_TOPIC };
const slack = plan.tell.slack ? [slackChannel(ports.secrets, plan.tell.slack)] : [];
const tell = announce({
  ...ports,
  plan,
  channels: [wireSns(topics), ...slack],
  log,
  metrics: wireMetrics(config, plan),
});

export const handler = defineTask(z.discriminatedUnion("source", [ExecutionEnded, Happened]), (event, { requestId }) =>
  event.source === "aws.states"
    ? tell({ execution: event.detail, requestId })
    : tell({ happening: happeningOf(event), requestId }),
);
