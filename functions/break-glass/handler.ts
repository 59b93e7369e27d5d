import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { breakGlass } from "#app/break-glass.ts";
import { loadConfig } from "#config";
import { Asked } from "#domain/asked.ts";
import { BreakGlass } from "#events/restore-requested.ts";
import { loadPlan } from "../plan.ts";

const ports = wireAws(loadConfig(process.env), loadPlan(process.env).plan.signing?.publicKeySha256);
const goOnAlone = breakGlass({ ...ports, events: wireEvents(), audit: auditLog(ports), log });

export const handler = defineTask(z.strictObject({ asked: Asked, breakGlass: BreakGlass }), goOnAlone);
