import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import pWaitFor from "p-wait-for";
import { awsClientOptions, stageAddresses } from "#local/stage-layout.ts";
import type { World } from "./world.ts";

const StackName = `holdfast-${stageAddresses.stage}`;

/**
 * As a deployment of another version does it, but for the packaging: the stack that is up gets a template in which captures
 * have more memory and commit-backup has another variable. So the task definition has a new revision, the machine that
 * names it a new definition, and the function new processes. `rollBack` gives it the first template again.
 */
export async function deployAnotherVersion({
  client: { s3 },
  stage: { outputs },
}: World): Promise<{ rollBack: () => Promise<void> }> {
  const client = new CloudFormationClient(awsClientOptions);
  const { TemplateBody = "" } = await client.send(new GetTemplateCommand({ StackName, TemplateStage: "Processed" }));
  const template = JSON.parse(TemplateBody);
  const { CaptureTask, CommitDashbackupLambdaFunction } = template.Resources;
  CaptureTask.Properties.Memory = "3072";
  CommitDashbackupLambdaFunction.Properties.Environment.Variables.OF_ANOTHER_VERSION = "yes";
  const update = async (body: string, name: string) => {
    const object = { Bucket: outputs["ServerlessDeploymentBucketName"] ?? "", Key: `${name}.json` };
    await s3.send(new PutObjectCommand({ ...object, Body: body }));
    const TemplateURL = `https://s3.amazonaws.com/${object.Bucket}/${object.Key}`;
    await client.send(new UpdateStackCommand({ StackName, TemplateURL, Capabilities: ["CAPABILITY_NAMED_IAM"] }));
    await pWaitFor(
      async () => {
        const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
        const status = Stacks[0]?.StackStatus ?? "";
        if (/ROLLBACK|FAILED/.test(status)) throw new Error(`${StackName} is ${status}`);
        return status === "UPDATE_COMPLETE";
      },
      { interval: 200, timeout: { milliseconds: 60_000, message: `${StackName} was not updated` } },
    );
  };
  await update(JSON.stringify(template), "another-version");
  return { rollBack: () => update(TemplateBody, "this-version") };
}
