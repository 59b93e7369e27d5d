import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  AlreadyExistsException,
  CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from "@aws-sdk/client-cloudformation";
import { ListSubscriptionsByTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { execa } from "execa";
import pWaitFor from "p-wait-for";
import {
  awsClientOptions,
  emulatorEnvironment,
  repositoryRoot,
  stageAddresses,
  stageFiles,
  toolPath,
} from "./stage-layout.ts";

/** A minute by itself; on a machine that does more, several. */
const DEPLOY_MS = 600_000;

export type Deployment = {
  workerImage: string;
  /** The folder of serverless.yml, and the name of the service in it. */
  folder?: string;
  service?: string;
};
export type StackOutputs = Record<string, string>;

/**
 * Deploys the stack to the emulator as `npx sls deploy` would to AWS, and subscribes the sink to its topics. Check the
 * types first: a bundle that can't be built makes sls hang until it is ended after three minutes.
 * @throws with what sls said
 */
export async function deployStack({
  workerImage,
  folder = repositoryRoot,
  service = "holdfast",
}: Deployment): Promise<StackOutputs> {
  await deployCopyBucket();
  await runServerless(["deploy", "--stage", stageAddresses.stage, "--param", `workerImage=${workerImage}`], folder);
  const { Stacks = [] } = await new CloudFormationClient(awsClientOptions).send(
    new DescribeStacksCommand({ StackName: `${service}-${stageAddresses.stage}` }),
  );
  const outputs = Object.fromEntries(
    (Stacks[0]?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]),
  );
  await Promise.all(
    Object.keys(outputs)
      .filter((key) => key.endsWith("TopicArn"))
      .map((key) => subscribeSink(outputs[key] ?? "")),
  );
  return outputs;
}

/** Where config/local.yml copies points to: another region of the emulator. */
const copy = { region: "eu-central-1", bucket: "holdfast-local-offsite" };

async function deployCopyBucket(): Promise<void> {
  const parameters = { BucketName: copy.bucket, Stage: stageAddresses.stage, Account: "000000000000" };
  const stack = {
    StackName: copy.bucket,
    TemplateBody: await readFile(join(repositoryRoot, "infra/copy-bucket.yml"), "utf8"),
    Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
  };
  const client = new CloudFormationClient({ ...awsClientOptions, region: copy.region });
  try {
    await client.send(new CreateStackCommand(stack));
  } catch (error) {
    if (!(error instanceof AlreadyExistsException)) throw error;
  }
}

/** What did not change since the last time is not checked again. @throws with the compiler's words */
export async function checkTypes(): Promise<void> {
  await run("tsc", ["--noEmit", "--incremental", "--tsBuildInfoFile", stageFiles.typeScriptBuildInfo], repositoryRoot);
}

/** `sls` as it would run against AWS. What it leaves in its temporary folder, one folder per function, goes with that. */
export async function runServerless(args: readonly string[], folder = repositoryRoot): Promise<void> {
  await mkdir(stageFiles.build, { recursive: true });
  const temporary = await mkdtemp(join(stageFiles.build, "sls-"));
  try {
    await run("sls", args, folder, { TMPDIR: temporary });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function run(tool: string, args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const { failed, timedOut, all } = await execa(join(repositoryRoot, "node_modules/.bin", tool), args, {
    cwd,
    env: { ...emulatorEnvironment, ...env, PATH: toolPath, FORCE_COLOR: "0" },
    stdin: "ignore",
    all: true,
    timeout: DEPLOY_MS,
    forceKillAfterDelay: 2_000,
    reject: false,
  });
  if (failed)
    throw new Error(
      `${tool} ${args[0] ?? ""} ${timedOut ? `was ended after ${DEPLOY_MS / 1_000} s` : "failed"}:\n${all}`,
    );
}

/** CloudFormation makes subscriptions in the emulator that are never confirmed; those made by the API are. */
async function subscribeSink(topicArn: string): Promise<void> {
  const sns = new SNSClient(awsClientOptions);
  const endpoint = `${stageAddresses.sink}/sns`;
  await sns.send(new SubscribeCommand({ TopicArn: topicArn, Protocol: "http", Endpoint: endpoint }));
  await pWaitFor(
    async () => {
      const { Subscriptions = [] } = await sns.send(new ListSubscriptionsByTopicCommand({ TopicArn: topicArn }));
      return Subscriptions.some(
        (subscription) => subscription.Endpoint === endpoint && subscription.SubscriptionArn?.startsWith("arn:"),
      );
    },
    {
      interval: 50,
      timeout: { milliseconds: 10_000, message: `the sink's subscription to ${topicArn} was not confirmed` },
    },
  );
}
