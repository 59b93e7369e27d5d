import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents, wireExecutions, wireWatched } from "#adapters/aws/wire.ts";
import { deadMan } from "#adapters/dead-man.ts";
import { watch } from "#app/watch.ts";
import { loadConfig } from "#config";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env, ["RETENTION_MACHINE", "WARNING_TOPIC", "CRITICAL_TOPIC", "DEAD_LETTERS"]);
const { plan } = loadPlan(process.env);
const ports = wireAws(config, plan.signing?.publicKeySha256);

export const handler = defineTask(
  z.strictObject({}),
  watch({
    ...ports,
    plan,
    log,
    events: wireEvents(),
    executions: wireExecutions(),
    retentionMachine: config.RETENTION_MACHINE,
    watched: wireWatched(config),
    topics: { warning: config.WARNING_TOPIC, critical: config.CRITICAL_TOPIC },
    deadLetters: config.DEAD_LETTERS,
    deadMan: plan.tell.deadMan && deadMan(ports.secrets, plan.tell.deadMan),
  }),
);
