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
    time: z.string().refine((time) => !Number.isNaN(Date.parse(time)), "must be a time"),
    detail,
  });

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html: the key is not URL-encoded here. */
export const ObjectCreated = envelope(
  "aws.s3",
  "Object Created",
  z.looseObject({
    bucket: z.looseObject({ name: z.string() }),
    object: z.looseObject({ key: z.string(), "version-id": z.string().optional() }),
  }),
);
export type ObjectCreated = z.infer<typeof ObjectCreated>;

/** The same page. A version that was deleted, or a delete marker that hides them all. */
export const ObjectDeleted = envelope(
  "aws.s3",
  "Object Deleted",
  z.looseObject({
    ...ObjectCreated.shape.detail.shape,
    "deletion-type": z.enum(["Permanently Deleted", "Delete Marker Created"]),
  }),
);

/** What can't be read of it must keep nobody from telling that something was changed. */
const words = z.string().optional().catch(undefined);
const Requester = z.looseObject({
  reason: words,
  requester: words,
  "source-ip-address": words,
  "request-id": words,
});

/** What a change of an object says, who did it included, as far as S3 tells. */
export function changeOf({ time, detail }: ObjectCreated | z.infer<typeof ObjectDeleted>) {
  const { reason, requester, ...from } = Requester.parse(detail);
  return {
    bucket: detail.bucket.name,
    key: detail.object.key,
    versionId: detail.object["version-id"],
    at: new Date(time),
    isDeletedForGood: detail["deletion-type"] === "Permanently Deleted",
    isByRule: reason === "Lifecycle Expiration",
    who: `${requester ?? "somebody"} from ${from["source-ip-address"] ?? "an unknown address"}, by ${reason ?? "an unknown request"} (request ${from["request-id"] ?? "unknown"})`,
  };
}

/** https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html */
const executionStatus = <Status extends z.ZodEnum | z.ZodLiteral>(status: Status) =>
  envelope(
    "aws.states",
    "Step Functions Execution Status Change",
    z.looseObject({
      executionArn: z.string(),
      stateMachineArn: z.string(),
      name: z.string(),
      status,
      /** Milliseconds since 1970. */
      startDate: z.int().optional(),
      input: z.string().nullish(),
      error: z.string().nullish(),
      cause: z.string().nullish(),
    }),
  );
export const ExecutionEnded = executionStatus(z.enum(["FAILED", "TIMED_OUT", "ABORTED"]));
export type ExecutionEnded = z.infer<typeof ExecutionEnded>;
export const ExecutionBegun = executionStatus(z.literal("RUNNING"));
export type ExecutionBegun = z.infer<typeof ExecutionBegun>;
const ExecutionSucceeded = executionStatus(z.literal("SUCCEEDED"));
export type ExecutionSucceeded = z.infer<typeof ExecutionSucceeded>;
/** Either, told by its status. */
export const ExecutionChanged = z.looseObject({
  ...ExecutionEnded.shape,
  detail: z.discriminatedUnion("status", [
    ExecutionEnded.shape.detail,
    ExecutionBegun.shape.detail,
    ExecutionSucceeded.shape.detail,
  ]),
});
