import { defineTask } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws } from "#adapters/aws/wire.ts";
import { whatNow } from "#app/what-now.ts";
import { loadConfig } from "#config";
import { WhatNowByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);

export const handler = defineTask(
  WhatNowByHand,
  whatNow({ ...wireAws(loadConfig(process.env), plan.signing?.publicKeySha256), openCopy, plan }),
);
