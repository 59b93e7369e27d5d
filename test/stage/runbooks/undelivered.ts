import { ListRulesCommand, PutRuleCommand } from "@aws-sdk/client-eventbridge";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { CreateStateMachineCommand, DeleteStateMachineCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { GetQueueAttributesCommand, SQSClient } from "@aws-sdk/client-sqs";
import pWaitFor from "p-wait-for";
import type { BackupId } from "#domain/ids.ts";
import { SINK_TOKEN, secretName } from "#local/secrets.ts";
import { awsClientOptions } from "#local/stage-layout.ts";
import type { World } from "../support/world.ts";
import { hasEnded, isAlarmed, isBackedUp, type Scene } from "./scene.ts";

const FAILURE = { Error: "PaymentsStopped", Cause: "the ledger does not answer" };

/** A machine of somebody's own that announce's rule names. Each execution of it fails. */
type Stranger = { arn: string; fail: () => Promise<string>; remove: () => Promise<void> };

export async function addStranger({ stage, client, eventBridge }: World): Promise<Stranger> {
  const { stateMachineArn = "" } = await client.sfn.send(
    new CreateStateMachineCommand({
      name: `holdfast-${stage.stage}-payments`,
      roleArn: "arn:aws:iam::000000000000:role/payments",
      definition: JSON.stringify({ StartAt: "Pay", States: { Pay: { Type: "Fail", ...FAILURE } } }),
    }),
  );
  const { Rules = [] } = await eventBridge.send(new ListRulesCommand({}));
  const rule = Rules.find(({ EventPattern }) => EventPattern?.includes(`holdfast-${stage.stage}-verify`));
  if (!rule?.EventPattern) throw new Error("announce has no rule for executions");
  const put = (EventPattern: string) => eventBridge.send(new PutRuleCommand({ Name: rule.Name, EventPattern }));
  const pattern = JSON.parse(rule.EventPattern);
  pattern.detail.stateMachineArn.push(stateMachineArn);
  await put(JSON.stringify(pattern));
  return {
    arn: stateMachineArn,
    fail: async () => (await client.sfn.send(new StartExecutionCommand({ stateMachineArn }))).executionArn ?? "",
    remove: async () => {
      await put(rule.EventPattern ?? "");
      await client.sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
    },
  };
}

export async function executionFailed(world: World, stranger: Stranger): Promise<Scene> {
  const execution = await stranger.fail();
  await isAlarmed(world, "ExecutionFailed", execution);
  const { Error: name, Cause: cause } = FAILURE;
  return {
    bindings: { "arn:aws:states:…": execution },
    steps: [{ shows: [`${stranger.arn}\tFAILED\t${name}\t${cause}`, '"type": "ExecutionFailed"'] }],
  };
}

/** Slack takes no message while an execution fails; and nobody has heard of the manifest of `backupId`. */
export async function undelivered(
  world: World,
  stranger: Stranger,
  backupId: BackupId,
  earlier: Scene,
): Promise<Scene> {
  const execution = await whileSlackRefuses(world, async () => {
    const arn = await stranger.fail();
    await world.client.message((text, channel) => channel === "sns" && text.includes("docs/runbooks/ChannelFailed.md"));
    await liesInTheQueue(world);
    return arn;
  });
  return {
    bindings: { "<backupId>": backupId },
    steps: [
      { shows: ["AnnouncementFailed", "Slack did not take the message", execution, '"requestPayload', "check-backup"] },
      {
        shows: ["Backup nightly has been started", backupId, '"proof": "committed"', "-verify:"],
        until: async (printed) => {
          await hasEnded(world)(printed.slice(printed.lastIndexOf("executionArn") - 1));
          return isBackedUp(world)(printed);
        },
      },
      { shows: [earlier.bindings["arn:aws:states:…"] ?? "no execution"] },
      { shows: ['"ApproximateNumberOfMessages": "0"'] },
    ],
  };
}

/** Slack has refused while `undelivered` was made. */
export const channelFailed = (world: World): Scene => ({
  bindings: {},
  steps: [
    { shows: ["Slack did not take the message"] },
    {
      shows: ['"FailedEntryCount": 0'],
      until: async () => {
        await world.client.message((text, channel) => channel === "slack" && text.includes("TestMessage: announce"));
        return {};
      },
    },
  ],
});

async function whileSlackRefuses<T>({ secretsManager }: World, work: () => Promise<T>): Promise<T> {
  const put = (token: string) =>
    secretsManager.send(
      new PutSecretValueCommand({ SecretId: secretName("slack"), SecretString: JSON.stringify({ token }) }),
    );
  await put("revoked");
  try {
    return await work();
  } finally {
    await put(SINK_TOKEN);
  }
}

async function liesInTheQueue({ stage }: World): Promise<void> {
  const client = new SQSClient(awsClientOptions);
  const request = new GetQueueAttributesCommand({
    QueueUrl: stage.outputs["DeadLettersUrl"],
    AttributeNames: ["ApproximateNumberOfMessages"],
  });
  await pWaitFor(async () => Number((await client.send(request)).Attributes?.["ApproximateNumberOfMessages"]) > 0, {
    interval: 200,
    timeout: { milliseconds: 60_000, message: "nothing lies in the dead-letter queue" },
  });
  client.destroy();
}
