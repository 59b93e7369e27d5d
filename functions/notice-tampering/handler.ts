import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents } from "#adapters/aws/wire.ts";
import { noticeTampering } from "#app/notice-tampering.ts";
import { loadConfig } from "#config";
import { changeOf, ObjectCreated, ObjectDeleted } from "#events/envelopes.ts";
import { loadPlan } from "../plan.ts";

const ports = wireAws(loadConfig(process.env), loadPlan(process.env).plan.signing?.publicKeySha256);
const notice = noticeTampering({ ...ports, events: wireEvents(), log });

export const handler = defineTask(z.discriminatedUnion("detail-type", [ObjectCreated, ObjectDeleted]), (event) =>
  notice(changeOf(event)),
);
