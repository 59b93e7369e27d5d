import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { S3Client } from "@aws-sdk/client-s3";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SNSClient } from "@aws-sdk/client-sns";
import { PurgeQueueCommand, SQSClient } from "@aws-sdk/client-sqs";
import { sfnExecutions } from "#adapters/aws/executions.ts";
import { eventBridge } from "#adapters/aws/messaging.ts";
import { secretsManager } from "#adapters/aws/secrets.ts";
import { awsWatched } from "#adapters/aws/watched.ts";
import { deadMan } from "#adapters/dead-man.ts";
import { readPlan } from "#adapters/plan-file.ts";
import { watch } from "#app/watch.ts";
import { engineSections } from "#engines/descriptions.ts";
import { awsClientOptions } from "#local/stage-layout.ts";
import type { World } from "./world.ts";

/** The watcher with everything real but its clock, and whatever a test changes of its ports. */
export function watcherOf({ client, stage }: World) {
  const plan = readPlan(".", "local", engineSections);
  const address = plan.tell.deadMan;
  if (!address) throw new Error("the local plan has no deadMan");
  const events = new EventBridgeClient(awsClientOptions);
  const sqs = new SQSClient(awsClientOptions);
  const watched = awsWatched(
    {
      ...{ events, sqs },
      s3: new S3Client({ ...awsClientOptions, forcePathStyle: true }),
      scheduler: new SchedulerClient(awsClientOptions),
      sns: new SNSClient(awsClientOptions),
    },
    client.bucket,
  );
  const output = (name: string) => stage.outputs[name] ?? "";
  const ports = {
    ...{ ...client.catalog, stage: stage.stage, plan, watched, log: { info: () => {}, error: () => {} } },
    events: eventBridge(events),
    executions: sfnExecutions(client.sfn),
    retentionMachine: client.machine("retention"),
    topics: { warning: output("WarningTopicArn"), critical: output("CriticalTopicArn") },
    deadLetters: output("DeadLettersUrl"),
    deadMan: deadMan(secretsManager(new SecretsManagerClient(awsClientOptions)), address),
  };
  return {
    plan,
    emptyDeadLetters: () => sqs.send(new PurgeQueueCommand({ QueueUrl: ports.deadLetters })),
    lookAt: (now: Date, change: Partial<typeof ports> = {}) => watch({ ...ports, ...change, clock: () => now })(),
  };
}
