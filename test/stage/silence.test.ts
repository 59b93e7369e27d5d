import {
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import {
  CreateScheduleCommand,
  DeleteScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
  UpdateScheduleCommand,
} from "@aws-sdk/client-scheduler";
import { PutSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { SINK_TOKEN, secretName } from "#local/secrets.ts";
import { awsClientOptions } from "#local/stage-layout.ts";
import { watcherOf } from "./support/silence.ts";
import { openWorld, type World } from "./support/world.ts";

const MINUTE = 60_000;
const WELL = { verdict: "All is as the plan says" };

let world: World;
let watcher: ReturnType<typeof watcherOf>;
beforeAll(async () => {
  world = await openWorld();
  watcher = watcherOf(world);
  await watcher.emptyDeadLetters();
  await world.client.clearMessages();
});
afterAll(async () => {
  await watcher.emptyDeadLetters();
  await world.client.clearMessages();
});

const isTold = (what: string) =>
  world.client.message((text, channel) => channel === "slack" && text.includes(what), 60_000);
const putToken = (token: string) =>
  world.secretsManager.send(
    new PutSecretValueCommand({ SecretId: secretName("slack"), SecretString: JSON.stringify({ token }) }),
  );

it("A4 U12 the watcher signals that all is well, and until it is again, a schedule that is disabled or deleted and a bucket that was changed", async () => {
  const { client } = world;
  const { s3, bucket: Bucket } = client;
  const scheduler = new SchedulerClient(awsClientOptions);
  const Name = `holdfast-${world.stage.stage}-nightly`;

  expect(await client.invoke("watch", {})).toMatchObject(WELL);
  expect(await client.lastPing()).toMatchObject({ isWell: true, text: `${WELL.verdict}.` });

  const schedule = await scheduler.send(new GetScheduleCommand({ Name }));
  const { ScheduleExpression, ScheduleExpressionTimezone, FlexibleTimeWindow, Target } = schedule;
  const its = { Name, ScheduleExpression, ScheduleExpressionTimezone, FlexibleTimeWindow, Target };
  const { PublicAccessBlockConfiguration } = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
  await scheduler.send(new UpdateScheduleCommand({ ...its, State: "DISABLED" }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } }));
  try {
    await client.invoke("watch", {});
  } finally {
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Enabled" } }));
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
  }
  const text = expect.stringMatching(/versioning is Suspended[\s\S]*public access is not blocked/);
  expect(await client.lastPing()).toMatchObject({ isWell: false, text });
  await isTold(`the schedule ${Name} is DISABLED`);
  await isTold("public access is not blocked");

  await scheduler.send(new DeleteScheduleCommand({ Name }));
  try {
    await client.invoke("watch", {});
  } finally {
    await scheduler.send(new CreateScheduleCommand({ ...its, State: "ENABLED" }));
  }
  await isTold(`the schedule ${Name} is gone`);
  await isTold("Recovered: SettingsDrifted of repository");

  expect(await client.invoke("watch", {})).toMatchObject(WELL);
  await isTold("Recovered: SettingsDrifted of schedules");
  expect(await client.lastPing()).toMatchObject({ isWell: true });
});

it("A3 A5 a canary that Slack does not take is signalled outside within an hour, the next one ends it; a watcher that can't look signals nothing", async () => {
  const now = new Date();
  const at = (minutes: number) => new Date(now.getTime() + minutes * MINUTE);
  const dueAt = new Date(Math.ceil(at(1).getTime() / MINUTE) * MINUTE);
  const tell = { ...watcher.plan.tell, canary: `${dueAt.getUTCMinutes()} ${dueAt.getUTCHours()} * * *` };
  const plan = { ...watcher.plan, tell };
  const after = (minutes: number) => new Date(dueAt.getTime() + minutes * MINUTE);

  const what = `the canary of ${dueAt.toISOString()} was not taken by slack`;
  /** A run of the night may be due meanwhile, and does not come. */
  const lost = async (minutes: number) => {
    const { figures } = await watcher.lookAt(after(minutes), { plan });
    const findings = z.array(z.object({ code: z.string(), what: z.string() }).loose()).parse(figures["findings"]);
    return findings.filter(({ code }) => code === "AlarmPathFailed").map((one) => one.what);
  };

  await putToken("revoked");
  try {
    expect(await lost(1)).toEqual([]);
    await world.client.message((text, channel) => channel === "sns" && text.includes("Canary: alarms of"));
    expect(await lost(31)).toContain(what);
    expect(await world.client.lastPing()).toMatchObject({ isWell: false, text: expect.stringContaining(what) });
  } finally {
    await putToken(SINK_TOKEN);
  }
  await lost(6 * 60);
  await isTold("Canary: alarms of");
  await watcher.emptyDeadLetters();
  expect(await lost(6 * 60 + 15)).toEqual([]);

  const before = await world.client.lastPing();
  const gone = { deadLetters: "http://127.0.0.1:4566/000000000000/no-such-queue" };
  await expect(watcher.lookAt(after(6 * 60 + 30), { plan, ...gone })).rejects.toThrow();
  expect(await world.client.lastPing()).toEqual(before);
});
