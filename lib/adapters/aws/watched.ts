import { type EventBridgeClient, ListRulesCommand } from "@aws-sdk/client-eventbridge";
import {
  GetBucketEncryptionCommand,
  GetBucketNotificationConfigurationCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  GetPublicAccessBlockCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { GetScheduleCommand, ResourceNotFoundException, type SchedulerClient } from "@aws-sdk/client-scheduler";
import { paginateListSubscriptionsByTopic, type SNSClient } from "@aws-sdk/client-sns";
import { GetQueueAttributesCommand, type SQSClient } from "@aws-sdk/client-sqs";
import { z } from "zod";
import type { Watched } from "#ports/watched.ts";

const Policy = z.looseObject({
  Statement: z.array(
    z.looseObject({
      Sid: z.string().optional(),
      Effect: z.string(),
      Action: z.unknown().optional(),
      Condition: z.unknown().optional(),
    }),
  ),
});

/** What S3 answers where nothing is set: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const NOT_SET = [
  "NoSuchBucketPolicy",
  "NoSuchPublicAccessBlockConfiguration",
  "ObjectLockConfigurationNotFoundError",
  "ServerSideEncryptionConfigurationNotFoundError",
];

type Clients = { s3: S3Client; scheduler: SchedulerClient; events: EventBridgeClient; sns: SNSClient; sqs: SQSClient };

export const awsWatched = ({ s3, scheduler, events, sns, sqs }: Clients, bucket: string): Watched => ({
  async bucket() {
    const Bucket = { Bucket: bucket };
    const [versioning, lock, encryption, access, notification, policy] = await Promise.all([
      s3.send(new GetBucketVersioningCommand(Bucket)),
      orUnset(s3.send(new GetObjectLockConfigurationCommand(Bucket))),
      orUnset(s3.send(new GetBucketEncryptionCommand(Bucket))),
      orUnset(s3.send(new GetPublicAccessBlockCommand(Bucket))),
      s3.send(new GetBucketNotificationConfigurationCommand(Bucket)),
      orUnset(s3.send(new GetBucketPolicyCommand(Bucket))),
    ]);
    const [rule] = encryption?.ServerSideEncryptionConfiguration?.Rules ?? [];
    const byDefault = rule?.ApplyServerSideEncryptionByDefault;
    const { BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets } =
      access?.PublicAccessBlockConfiguration ?? {};
    return {
      versioning: versioning.Status,
      objectLock: lock?.ObjectLockConfiguration?.ObjectLockEnabled,
      encryption: byDefault && { algorithm: byDefault.SSEAlgorithm, kmsKey: byDefault.KMSMasterKeyID },
      isPublicAccessBlocked: [BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets].every(
        (one) => one === true,
      ),
      sendsEvents: notification.EventBridgeConfiguration !== undefined,
      statements: policy?.Policy === undefined ? [] : Policy.parse(JSON.parse(policy.Policy)).Statement,
    };
  },
  async schedule(name) {
    try {
      const found = await scheduler.send(new GetScheduleCommand({ Name: name }));
      const { State = "", ScheduleExpression = "", ScheduleExpressionTimezone = "UTC", LastModificationDate } = found;
      return {
        state: State,
        expression: ScheduleExpression,
        timezone: ScheduleExpressionTimezone,
        changedAt: LastModificationDate ?? new Date(0),
      };
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  },
  async rules(prefix) {
    const found: { name: string; isEnabled: boolean }[] = [];
    let NextToken: string | undefined;
    do {
      const request = { NamePrefix: prefix, ...(NextToken === undefined ? {} : { NextToken }) };
      const page = await events.send(new ListRulesCommand(request));
      found.push(
        ...(page.Rules ?? []).map(({ Name = "", State }) => ({ name: Name, isEnabled: State !== "DISABLED" })),
      );
      NextToken = page.NextToken;
    } while (NextToken !== undefined);
    return found;
  },
  async subscriptions(topicArn) {
    const found: { endpoint: string; isConfirmed: boolean }[] = [];
    for await (const page of paginateListSubscriptionsByTopic({ client: sns }, { TopicArn: topicArn }))
      found.push(
        ...(page.Subscriptions ?? []).map(({ Endpoint = "", SubscriptionArn = "" }) => ({
          endpoint: Endpoint,
          isConfirmed: SubscriptionArn.startsWith("arn:"), // else `PendingConfirmation` or `Deleted`
        })),
      );
    return found;
  },
  async depth(queueUrl) {
    const AttributeNames = ["ApproximateNumberOfMessages" as const];
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames }));
    return Number(Attributes?.["ApproximateNumberOfMessages"] ?? 0);
  },
});

async function orUnset<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && NOT_SET.includes(error.name)) return undefined;
    throw error;
  }
}
