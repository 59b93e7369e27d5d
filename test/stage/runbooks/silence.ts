import { GetScheduleCommand, SchedulerClient, UpdateScheduleCommand } from "@aws-sdk/client-scheduler";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { awsClientOptions } from "#local/stage-layout.ts";
import { checkLater } from "../support/objectives.ts";
import { watcherOf } from "../support/silence.ts";
import type { World } from "../support/world.ts";
import { isAlarmed, isBackedUp, type Scene } from "./scene.ts";

/** Said of one source: others of the plan may never have been captured here. */
const MET = `"source": "sessions",\n                "verdict": "met"`;

/** A day goes by without a backup of a source. */
export async function backupTooOld(world: World): Promise<Scene> {
  const begun = new Date();
  await checkLater(world, "sessions")(25);
  await isAlarmed(world, "BackupTooOld", "sessions");
  await world.client.ended(await world.client.newest("backup", begun)); // what it has started
  return {
    bindings: {},
    steps: [
      {
        shows: [MET, "sessions is restorable to ", "holdfast-local-nightly\tENABLED", "\tSUCCEEDED\ttoo-old-"],
      },
      { shows: ["Backup nightly has been started"], until: isBackedUp(world) },
      { shows: [MET] },
    ],
  };
}

/** The next night comes, and its run does not. */
export async function runOverdue(world: World): Promise<Scene> {
  const tomorrow = new Date(Date.now() + 24 * 3_600_000);
  tomorrow.setUTCHours(2, 20, 0, 0);
  await watcherOf(world).lookAt(tomorrow);
  await isAlarmed(world, "RunOverdue", "has not begun: it was due at");
  return {
    bindings: {},
    steps: [
      { shows: ['"runsOf7Days"', MET, "holdfast-local-nightly\tENABLED"] },
      { shows: ["Backup nightly has been started"], until: isBackedUp(world) },
    ],
  };
}

/** Somebody has switched the schedule of the sweep off. */
export async function settingsDrifted(world: World): Promise<Scene> {
  const scheduler = new SchedulerClient(awsClientOptions);
  const Name = `holdfast-${world.stage.stage}_retention`;
  const { ScheduleExpression, ScheduleExpressionTimezone, FlexibleTimeWindow, Target } = await scheduler.send(
    new GetScheduleCommand({ Name }),
  );
  const its = { ScheduleExpression, ScheduleExpressionTimezone, FlexibleTimeWindow, Target };
  await scheduler.send(new UpdateScheduleCommand({ Name, ...its, State: "DISABLED" }));
  await world.client.invoke("watch", {});
  await isAlarmed(world, "SettingsDrifted", `the schedule ${Name} is DISABLED`);
  return {
    bindings: { "<schedule>": Name },
    steps: [
      { shows: [`the schedule ${Name} is DISABLED`, '"Status": "Enabled"', '"BlockPublicAcls": true', "OnlyTls"] },
      { shows: [":schedule/default/"] },
      { shows: [] },
      { shows: ['"findings"'], hides: [`the schedule ${Name} is DISABLED`] },
    ],
  };
}

/** A message could not be delivered. */
export async function alarmPathFailed(world: World): Promise<Scene> {
  const watcher = watcherOf(world);
  const sqs = new SQSClient(awsClientOptions);
  const QueueUrl = world.stage.outputs["DeadLettersUrl"];
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "{}" }));
  await world.client.invoke("watch", {});
  await isAlarmed(world, "AlarmPathFailed", "something lies in the dead-letter queue");
  await watcher.emptyDeadLetters();
  return {
    bindings: {},
    steps: [{ shows: ["arn:aws:sns:", '"findings"'] }, { shows: ['"MessageId"'] }],
  };
}
