import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { wireAws } from "#adapters/aws/wire.ts";
import { judgeInterruption } from "#app/judge-interruption.ts";
import { loadConfig } from "#config";
import { BackupId } from "#domain/ids.ts";

const run = judgeInterruption({ ...wireAws(loadConfig(process.env)), log });

export const handler = defineTask(z.strictObject({ backupId: BackupId, source: z.string(), tries: z.int() }), run);
