import { z } from "zod";

/** EventBridge's envelope around a detail of ours or of AWS; what else it holds is AWS's business. */
const envelope = <Source extends string, Type extends string, Detail extends z.ZodType>(
  source: Source,
  type: Type,
  detail: Detail,
) =>
  z.looseObject({
    id: z.string(),
    source: z.literal(source),
    "detail-type": z.literal(type),
    time: z.string(),
    detail,
  });

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html: the key is not URL-encoded here. */
export const ObjectCreated = envelope(
  "aws.s3",
  "Object Created",
  z.looseObject({
    bucket: z.looseObject({ name: z.string() }),
    object: z.looseObject({ key: z.string() }),
  }),
);
export type ObjectCreated = z.infer<typeof ObjectCreated>;

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
export const ExecutionEnded = envelope(
  "aws.states",
  "Step Functions Execution Status Change",
  z.looseObject({
    executionArn: z.string(),
    stateMachineArn: z.string(),
    name: z.string(),
    status: z.enum(["FAILED", "TIMED_OUT", "ABORTED"]),
    input: z.string().nullish(),
    error: z.string().nullish(),
    cause: z.string().nullish(),
  }),
);
export type ExecutionEnded = z.infer<typeof ExecutionEnded>;
