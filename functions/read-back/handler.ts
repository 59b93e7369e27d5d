import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireCopies } from "#adapters/aws/wire.ts";
import { readBack } from "#app/read-back.ts";
import { loadConfig } from "#config";
import { ReadBackState } from "#events/copy-requested.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env);
const { plan } = loadPlan(process.env);
const ports = wireAws(config, plan.signing?.publicKeySha256);

export const handler = defineTask(ReadBackState, readBack({ ...ports, plan, copies: wireCopies(config, plan), log }));
