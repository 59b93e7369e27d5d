import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { readAudit } from "#app/read-audit.ts";
import { loadConfig } from "#config";
import { AuditByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

export const handler = defineTask(
  AuditByHand,
  readAudit(wireAws(loadConfig(process.env), loadPlan(process.env).plan.signing?.publicKeySha256)),
);
