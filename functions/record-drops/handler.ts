import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { recordDrops } from "#app/record-drops.ts";
import { loadConfig } from "#config";
import { DropEnd } from "#events/drop-requested.ts";
import { loadPlan } from "../plan.ts";

const run = recordDrops({
  ...wireAws(loadConfig(process.env), loadPlan(process.env).plan.signing?.publicKeySha256),
  log,
});

export const handler = defineTask(z.strictObject({ runId: z.string(), ends: z.array(DropEnd) }), run);
