import { setTimeout as sleep } from "node:timers/promises";
import { DescribeTasksCommand, type ECSClient, RunTaskCommand } from "@aws-sdk/client-ecs";
import { type EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import { type Announcement, asText, type Severity } from "#domain/announcement.ts";
import { AnnouncementFailed, TaskFailed } from "#domain/errors.ts";
import type { Channel, Events, Machines, Tasks } from "#ports/messaging.ts";

export const eventBridge = (client: EventBridgeClient): Events => ({
  async emit({ type, detail }) {
    const entry = { Source: "holdfast", DetailType: type, Detail: JSON.stringify(detail) };
    const { FailedEntryCount, Entries } = await client.send(new PutEventsCommand({ Entries: [entry] }));
    if (FailedEntryCount)
      throw new AnnouncementFailed(`${type} was not taken by the event bus: ${Entries?.[0]?.ErrorCode}`);
  },
});

export const stepFunctions = (client: SFNClient): Machines => ({
  async start(stateMachineArn, name, input) {
    try {
      const started = await client.send(
        new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
      );
      return { executionArn: started.executionArn ?? "", isNew: true };
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
      return { executionArn: `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`, isNew: false };
    }
  },
  async isRunning(executionArn) {
    try {
      return (await client.send(new DescribeExecutionCommand({ executionArn }))).status === "RUNNING";
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return false;
      throw error;
    }
  },
});

/** SNS takes subjects of 100 characters of ASCII without line breaks (https://docs.aws.amazon.com/sns/latest/api/API_Publish.html). */
const subject = (title: string) => title.replace(/[^\x20-\x7e]+/g, " ").slice(0, 100);

export const snsChannel = (client: SNSClient, topics: Record<Severity, string>): Channel => ({
  name: "sns",
  async tell(announcement) {
    await client.send(
      new PublishCommand({
        TopicArn: topics[announcement.severity],
        Subject: subject(announcement.title),
        Message: asText(announcement),
        MessageAttributes: { code: { DataType: "String", StringValue: announcement.code } },
      }),
    );
  },
});

/** The topic of each role: its contacts' mail and phones. `prefix`: of the topics' ARNs. */
export const snsRoles =
  (client: SNSClient, prefix: string) =>
  async (role: string, announcement: Announcement): Promise<void> => {
    const message = { Subject: subject(announcement.title), Message: asText(announcement) };
    await client.send(new PublishCommand({ TopicArn: `${prefix}${role}`, ...message }));
  };

export type TaskPlace = {
  cluster: string;
  subnets: string[];
  securityGroups: string[];
  assignPublicIp: "ENABLED" | "DISABLED";
};
const ASK_EVERY_MS = 1_000;

/** Waits until the task has stopped; whoever calls bounds it by its own time limit. */
export const fargateTasks = (client: ECSClient, place: TaskPlace): Tasks => ({
  async run(taskDefinition, taskInputKey) {
    const { tasks = [], failures = [] } = await client.send(
      new RunTaskCommand({
        cluster: place.cluster,
        taskDefinition,
        launchType: "FARGATE",
        networkConfiguration: { awsvpcConfiguration: { ...place } },
        overrides: {
          containerOverrides: [
            {
              name: "worker",
              environment: [
                { name: "TASK_INPUT_KEY", value: taskInputKey },
                { name: "TASK_ATTEMPT", value: "0" },
              ],
            },
          ],
        },
      }),
    );
    const taskArn = tasks[0]?.taskArn;
    if (taskArn === undefined) throw new TaskFailed(`ECS started no task: ${failures[0]?.reason ?? "no reason given"}`);
    for (;;) {
      const [task] =
        (await client.send(new DescribeTasksCommand({ cluster: place.cluster, tasks: [taskArn] }))).tasks ?? [];
      if (task?.lastStatus === "STOPPED")
        return { exitCode: task.containers?.[0]?.exitCode, reason: task.stoppedReason };
      await sleep(ASK_EVERY_MS);
    }
  },
});
