import { z } from "zod";
import { defineTask } from "#adapters/aws/define-task.ts";
import { wireEvents } from "#adapters/aws/wire.ts";
import { resume } from "#app/resume.ts";
import { resumeLate } from "#app/resume-late.ts";
import { ResumeByHand } from "#events/by-hand.ts";
import { ExecutionEnded } from "#events/envelopes.ts";
import { wireHookRuns } from "../hooks.ts";

const ports = wireHookRuns(process.env);
const run = resume(ports);
const runLate = resumeLate({ ...ports, events: wireEvents() });
const OfMachine = z.strictObject({ executionArn: z.string(), source: z.string() });
const Late = z.union([
  ExecutionEnded.transform(({ detail }) => ({ executionArn: detail.executionArn })),
  ResumeByHand, // the schedule's, too
]);

export const handler = defineTask<z.ZodUnion<[typeof OfMachine, typeof Late]>, unknown>(
  z.union([OfMachine, Late]),
  (input, { requestId }) => ("source" in input ? run(input, requestId) : runLate(input, requestId)),
);
