import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents, wireMetrics } from "#adapters/aws/wire.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { loadConfig } from "#config";
import { BackupId } from "#domain/ids.ts";
import { TaskEnd } from "#domain/task-input.ts";
import { restoreGuides } from "#engines/descriptions.ts";
import holdfast from "../../package.json" with { type: "json" };
import { loadPlan } from "../plan.ts";

const config = loadConfig(process.env);
const run = commitBackup({
  ...wireAws(config),
  events: wireEvents(),
  guides: restoreGuides,
  version: holdfast.version,
  log,
  metrics: wireMetrics(config, loadPlan(process.env).plan),
});
const CommitInput = z.strictObject({
  backupId: BackupId,
  sources: z.array(z.string()).min(1),
  captures: z.array(TaskEnd),
});

export const handler = defineTask(CommitInput, run);
