import { z } from "zod";
import { defineTask } from "#adapters/aws/define-task.ts";
import { wireAws, wireTasks, wireTrials } from "#adapters/aws/wire.ts";
import { answerProbe, selfCheck } from "#app/self-check.ts";
import { loadConfig } from "#config";
import { CHECKED_ROLES } from "#domain/self-check.ts";
import { ObjectCreated } from "#events/envelopes.ts";

const config = loadConfig(process.env, [
  ...(["CLUSTER", "SUBNET_IDS", "ASSIGN_PUBLIC_IP", "CAPTURE_TASK", "TASK_SECURITY_GROUP"] as const),
  ...(["BUCKET_ARN", "ENVELOPE_KEY", "ROLES"] as const),
]);
const ports = wireAws(config);
const check = selfCheck({
  ...ports,
  trials: wireTrials(config),
  tasks: wireTasks(config, config.TASK_SECURITY_GROUP),
  captureTask: config.CAPTURE_TASK,
  bucketArn: config.BUCKET_ARN,
  envelopeKey: config.ENVELOPE_KEY,
  roles: z.record(z.enum(CHECKED_ROLES), z.string()).parse(JSON.parse(config.ROLES)),
});
const answer = answerProbe(ports);

/** By hand; or the event of the object that it has written has arrived. */
const Event = z.union([ObjectCreated, z.strictObject({})]);
export const handler = defineTask<typeof Event, unknown>(Event, (event, { requestId }) =>
  "detail" in event ? answer(event.detail.object.key) : check(requestId),
);
