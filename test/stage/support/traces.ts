import {
  CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTasksCommand, paginateListTasks } from "@aws-sdk/client-ecs";
import { DecryptCommand } from "@aws-sdk/client-kms";
import { paginateGetExecutionHistory } from "@aws-sdk/client-sfn";
import { z } from "zod";
import { sampleTreeSecret } from "#local/fleet/sample-tree.ts";
import { SINK_TOKEN, stageSecrets } from "#local/secrets.ts";
import { awsClientOptions } from "#local/stage-layout.ts";
import type { World } from "./world.ts";

export type Trace = { where: string; text: string };

/** Everything that people and programs without a right to secrets can read of what happened since an instant. */
export async function gatherTraces(
  world: World,
  since: Date,
  newKeys: readonly string[],
  executionArns: readonly string[],
): Promise<Trace[]> {
  const gathered = await Promise.all([
    logs(since),
    histories(world, executionArns),
    tasks(world),
    objects(world, newKeys),
    world.client.messages().then((all) => all.map((one) => ({ where: "message", text: JSON.stringify(one) }))),
  ]);
  return gathered.flat();
}

async function logs(since: Date): Promise<Trace[]> {
  const client = new CloudWatchLogsClient(awsClientOptions);
  const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({}));
  const found: Trace[] = [];
  for (const { logGroupName = "" } of logGroups)
    for await (const { events = [] } of paginateFilterLogEvents(
      { client },
      { logGroupName, startTime: since.getTime() },
    ))
      found.push(...events.map(({ message = "" }) => ({ where: `log ${logGroupName}`, text: message })));
  return found;
}

async function histories({ client }: World, arns: readonly string[]): Promise<Trace[]> {
  const found: Trace[] = [];
  for (const executionArn of arns) {
    found.push({ where: `execution ${executionArn}`, text: JSON.stringify(await client.describe(executionArn)) });
    for await (const page of paginateGetExecutionHistory({ client: client.sfn }, { executionArn }))
      found.push({ where: `history of ${executionArn}`, text: JSON.stringify(page.events) });
  }
  return found;
}

const TASKS_PER_CALL = 100;

async function tasks({ ecs, stage }: World): Promise<Trace[]> {
  const cluster = stage.outputs["ClusterArn"] ?? "";
  const arns: string[] = [];
  for (const desiredStatus of ["RUNNING", "STOPPED"] as const)
    for await (const { taskArns = [] } of paginateListTasks({ client: ecs }, { cluster, desiredStatus }))
      arns.push(...taskArns);
  const found: Trace[] = [];
  for (let start = 0; start < arns.length; start += TASKS_PER_CALL) {
    const request = { cluster, tasks: arns.slice(start, start + TASKS_PER_CALL) };
    found.push({ where: "ECS tasks", text: JSON.stringify(await ecs.send(new DescribeTasksCommand(request))) });
  }
  return found;
}

/** Artifacts are ciphertext and signatures are bytes; the rest is there to be read. */
async function objects({ client }: World, keys: readonly string[]): Promise<Trace[]> {
  const readable = keys.filter((key) => !/\.(gpg|sig)$/.test(key));
  const read = await Promise.all(
    readable.map(async (key) => ({ where: key, bytes: await client.repository.read(key) })),
  );
  return read.map(({ where, bytes }) => ({ where, text: new TextDecoder().decode(bytes) }));
}

const WrappedKey = z.object({
  wrapped: z.string(),
  kmsKey: z.string(),
  context: z.record(z.string(), z.string()),
});

/** What must be found nowhere: every password, Slack's address, and the data keys that were made meanwhile. */
export async function canaries(
  { stage, kms, client }: World,
  newKeys: readonly string[],
): Promise<{ name: string; forms: string[] }[]> {
  const logins = Object.entries(await stageSecrets()).map(([name, { password }]) => ({
    name: `password of ${name}`,
    forms: [password, Buffer.from(password).toString("base64").replace(/=+$/, "")],
  }));
  const dataKeys = await Promise.all(
    newKeys
      .filter((key) => key.startsWith(`${stage.stage}/keys/`))
      .map(async (key) => {
        const plain = await unwrap(kms, (await client.repository.read(key)) ?? new Uint8Array());
        return { name: `data key ${key}`, forms: plain ? [plain.toString("base64"), plain.toString("hex")] : [] };
      }),
  );
  return [
    ...logins,
    { name: "Slack's token", forms: [SINK_TOKEN] },
    { name: "Slack's address", forms: [`${stage.sink}/slack`] },
    { name: "what a file of the sample tree holds", forms: [sampleTreeSecret] },
    ...dataKeys,
  ];
}

/** `undefined` for what a test has made unreadable. */
async function unwrap(kms: World["kms"], bytes: Uint8Array): Promise<Buffer | undefined> {
  try {
    const { wrapped, kmsKey, context } = WrappedKey.parse(JSON.parse(new TextDecoder().decode(bytes)));
    const request = { KeyId: kmsKey, CiphertextBlob: Buffer.from(wrapped, "base64"), EncryptionContext: context };
    return Buffer.from((await kms.send(new DecryptCommand(request))).Plaintext ?? []);
  } catch {
    return undefined;
  }
}
