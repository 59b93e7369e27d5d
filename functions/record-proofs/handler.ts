import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents, wireMetrics } from "#adapters/aws/wire.ts";
import { recordProofs } from "#app/record-proofs.ts";
import { loadConfig } from "#config";
import { BackupId } from "#domain/ids.ts";
import { TaskEnd } from "#domain/task-input.ts";
import { tallies } from "#engines/descriptions.ts";
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env);
const { plan } = loadPlan(process.env);
const ports = wireAws(config, plan.signing?.publicKeySha256);
const run = recordProofs({ ...ports, plan, tallies, events: wireEvents(), log, metrics: wireMetrics(config, plan) });
const RecordInput = z.strictObject({
  backupId: BackupId,
  runId: z.string(),
  wrong: z.record(z.string(), z.array(z.string())),
  sources: z.array(z.string()),
  verified: z.array(TaskEnd),
});

export const handler = defineTask(RecordInput, run);
