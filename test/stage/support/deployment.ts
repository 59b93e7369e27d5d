import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  UpdateStackCommand,
} from "@aws-sdk/client-cloudformation";
import pWaitFor from "p-wait-for";
import { awsClientOptions, stageAddresses } from "#local/stage-layout.ts";

const StackName = `holdfast-${stageAddresses.stage}`;

/**
 * As a deployment of another version does it, but for the packaging: the stack that is up gets a template in which captures
 * have more memory and commit-backup has another variable. So the task definition has a new revision, the machine that
 * names it a new definition, and the function new processes. `rollBack` gives it the first template again.
 */
export async function deployAnotherVersion(): Promise<{ rollBack: () => Promise<void> }> {
  const client = new CloudFormationClient(awsClientOptions);
  const { TemplateBody = "" } = await client.send(new GetTemplateCommand({ StackName, TemplateStage: "Processed" }));
  const template = JSON.parse(TemplateBody);
  const { CaptureTask, CommitDashbackupLambdaFunction } = template.Resources;
  CaptureTask.Properties.Memory = "3072";
  CommitDashbackupLambdaFunction.Properties.Environment.Variables.OF_ANOTHER_VERSION = "yes";
  const update = async (body: string) => {
    const Capabilities = ["CAPABILITY_NAMED_IAM" as const];
    await client.send(new UpdateStackCommand({ StackName, TemplateBody: body, Capabilities }));
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
  await update(JSON.stringify(template));
  return { rollBack: () => update(TemplateBody) };
}
