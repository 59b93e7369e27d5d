import { defineTask } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws } from "#adapters/aws/wire.ts";
import { listPoints } from "#app/list-points.ts";
import { loadConfig } from "#config";
import { PointsByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);

export const handler = defineTask(
  PointsByHand,
  listPoints({ ...wireAws(loadConfig(process.env), plan.signing?.publicKeySha256), openCopy, plan }),
);
