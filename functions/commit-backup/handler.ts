import { z } from "zod";
import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireEvents } from "#adapters/aws/wire.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { loadConfig } from "#config";
import { BackupId } from "#domain/ids.ts";
import { TaskEnd } from "#domain/task-input.ts";
import { restoreGuides } from "#engines/descriptions.ts";
import holdfast from "../../package.json" with { type: "json" };

const run = commitBackup({
  ...wireAws(loadConfig(process.env)),
  events: wireEvents(),
  guides: restoreGuides,
  version: holdfast.version,
});
const CommitInput = z.strictObject({
  backupId: BackupId,
  sources: z.array(z.string()).min(1),
  captures: z.array(TaskEnd),
});

export const handler = defineTask(CommitInput, run);
