import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws, wireEvents, wireThawer } from "#adapters/aws/wire.ts";
import { thawPoint } from "#app/thaw-point.ts";
import { loadConfig } from "#config";
import { RestorePlan } from "#domain/restore-plan.ts";
import { RestoreRequested } from "#events/restore-requested.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env);
const { plan } = loadPlan(process.env);
const run = thawPoint({
  ...wireAws(config, plan.signing?.publicKeySha256),
  openCopy,
  openThawer: wireThawer(config),
  plan,
  events: wireEvents(),
  log,
});

export const handler = defineTask(z.strictObject({ input: RestoreRequested, plan: RestorePlan }), run);
