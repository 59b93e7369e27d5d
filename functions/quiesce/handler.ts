import { z } from "zod";
import { defineTask } from "#adapters/aws/define-task.ts";
import { quiesce } from "#app/quiesce.ts";
import { wireHookRuns } from "../hooks.ts";

const run = quiesce(wireHookRuns(process.env));
const QuiesceInput = z.strictObject({ executionArn: z.string(), source: z.string(), taskInputKey: z.string() });

export const handler = defineTask(QuiesceInput, (input, { requestId }) => run(input, requestId));
