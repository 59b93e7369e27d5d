import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents } from "#adapters/aws/wire.ts";
import { askForApproval } from "#app/ask-for-approval.ts";
import { auditLog } from "#app/audit-log.ts";
import { loadConfig } from "#config";
import { Asked } from "#domain/asked.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const ports = wireAws(loadConfig(process.env), plan.signing?.publicKeySha256);
const ask = askForApproval({ ...ports, plan, events: wireEvents(), audit: auditLog(ports), log });
const AskInput = z.strictObject({
  asked: Asked,
  token: z.string().min(1),
  attempt: z.int().nonnegative(),
  enteredAt: z.iso.datetime(),
});

export const handler = defineTask(AskInput, ask);
