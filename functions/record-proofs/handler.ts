import { z } from "zod";
import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents } from "#adapters/aws/wire.ts";
import { recordProofs } from "#app/record-proofs.ts";
import { loadConfig } from "#config";
import { BackupId } from "#domain/ids.ts";
import { TaskEnd } from "#domain/task-input.ts";
import { loadPlan } from "../plan.ts";

const ports = wireAws(loadConfig(process.env), loadPlan(process.env).plan.signing?.publicKeySha256);
const run = recordProofs({ ...ports, events: wireEvents() });
const RecordInput = z.strictObject({
  backupId: BackupId,
  runId: z.string(),
  wrong: z.record(z.string(), z.array(z.string())),
  sources: z.array(z.string()),
  verified: z.array(TaskEnd),
});

export const handler = defineTask(RecordInput, run);
