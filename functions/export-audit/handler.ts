import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { exportAudit } from "#app/export-audit.ts";
import { loadConfig } from "#config";
import { ExportByHand } from "#events/by-hand.ts";
import { loadPlan } from "../plan.ts";

const exportPeriod = exportAudit(wireAws(loadConfig(process.env), loadPlan(process.env).plan.signing?.publicKeySha256));

export const handler = defineTask(ExportByHand, (input, { requestId }) => exportPeriod(input, requestId));
