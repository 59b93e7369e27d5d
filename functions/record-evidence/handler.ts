import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents, wireMetrics } from "#adapters/aws/wire.ts";
import { recordEvidence } from "#app/record-evidence.ts";
import { loadConfig } from "#config";
import { BackupId } from "#domain/ids.ts";
import { RestorePlan } from "#domain/restore-plan.ts";
import { TaskEnd } from "#domain/task-input.ts";
import { RestoreRequested } from "#events/restore-requested.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env);
const { plan } = loadPlan(process.env);
const ports = wireAws(config, plan.signing?.publicKeySha256);
const run = recordEvidence({ ...ports, plan, events: wireEvents(), log, metrics: wireMetrics(config, plan) });
const EvidenceInput = z.strictObject({
  input: RestoreRequested,
  plan: RestorePlan,
  executionId: z.string(),
  /** Empty where no safety point was needed: a state machine can't say "nothing" (osls drops nulls). */
  safetyBackupId: z.union([BackupId, z.literal("").transform(() => undefined)]),
  thaw: z.strictObject({ seconds: z.number(), note: z.string() }),
  restored: z.array(TaskEnd),
});

export const handler = defineTask(EvidenceInput, run);
