import { z } from "zod";
import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { indexPoints } from "#app/index-points.ts";
import { loadConfig } from "#config";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const index = indexPoints(wireAws(loadConfig(process.env), plan.signing?.publicKeySha256));

export const handler = defineTask(z.strictObject({}), () => index());
