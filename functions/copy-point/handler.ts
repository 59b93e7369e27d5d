import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireCopies } from "#adapters/aws/wire.ts";
import { copyPoint } from "#app/copy-point.ts";
import { loadConfig } from "#config";
import { CopyState } from "#events/copy-requested.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env);
const { plan } = loadPlan(process.env);
const ports = wireAws(config, plan.signing?.publicKeySha256);

export const handler = defineTask(CopyState, copyPoint({ ...ports, copies: wireCopies(config, plan), log }));
