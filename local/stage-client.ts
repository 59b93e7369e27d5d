import { CloudWatchLogsClient, paginateFilterLogEvents } from "@aws-sdk/client-cloudwatch-logs";
import { KMSClient } from "@aws-sdk/client-kms";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { CreateScheduleCommand, SchedulerClient } from "@aws-sdk/client-scheduler";
import {
  DescribeExecutionCommand,
  type ExecutionListItem,
  paginateListExecutions,
  SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import pWaitFor from "p-wait-for";
import { z } from "zod";
import { kmsSignatureCheck } from "../lib/adapters/aws/keys.ts";
import { s3Repository } from "../lib/adapters/aws/repository.ts";
import { readCatalog } from "../lib/app/catalog.ts";
import { Evidence } from "../lib/domain/evidence.ts";
import { chooseLatest } from "../lib/domain/recovery-point.ts";
import { repositoryLayout } from "../lib/domain/repository-layout.ts";
import type { LocalStage } from "./local-stage.ts";
import { sinkMessages } from "./sink-messages.ts";

export type Execution = { arn: string; name: string; status: string; output: unknown; error: string; cause: string };
type MachineName = "backup" | "verify" | "restore" | "restoreAll" | "drop" | "retention" | "copy" | "escalate";

/** What a person does with a stage, by the same APIs: start, look, wait, read messages. For the demo and the tests. */
export function stageClient(stage: LocalStage) {
  const config = {
    endpoint: stage.endpoint,
    region: stage.region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  };
  const sfn = new SFNClient(config);
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  const lambda = new LambdaClient(config);
  const scheduler = new SchedulerClient(config);
  const logs = new CloudWatchLogsClient(config);
  const bucket = stage.bucket ?? "";
  const machine = (name: MachineName) => stage.outputs[`${name[0]?.toUpperCase()}${name.slice(1)}MachineArn`] ?? "";

  const repository = s3Repository(s3, bucket);
  const kms = new KMSClient(config);
  const signatures = kmsSignatureCheck(kms, stage.outputs["SigningKeyArn"] ?? "", undefined);
  const catalog = { repository, layout: repositoryLayout(stage.stage), signatures };
  const describe = async (arn: string): Promise<Execution> => {
    const { status, name, output, error, cause } = await sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
    return {
      arn,
      name: name ?? "",
      status: status ?? "",
      output: output ? JSON.parse(output) : undefined,
      error: error ?? "",
      cause: cause ?? "",
    };
  };
  const ended = async (arn: string, timeoutMs = 240_000): Promise<Execution> => {
    let execution = await describe(arn);
    await pWaitFor(
      async () => {
        execution = await describe(arn);
        return execution.status !== "RUNNING";
      },
      { interval: 250, timeout: { milliseconds: timeoutMs, message: `${arn} still runs` } },
    );
    return execution;
  };

  return {
    s3,
    kms,
    bucket,
    sfn,
    repository,
    catalog,
    machine,
    describe,
    ended,
    ...sinkMessages(stage.sink),
    async start(name: MachineName, input: unknown, executionName?: string): Promise<string> {
      const request = {
        stateMachineArn: machine(name),
        input: JSON.stringify(input),
        ...(executionName ? { name: executionName } : {}),
      };
      return (await sfn.send(new StartExecutionCommand(request))).executionArn ?? "";
    },
    async run(name: MachineName, input: unknown): Promise<Execution> {
      return ended(await this.start(name, input));
    },
    /** The first execution of a machine that began at or after an instant. */
    async newest(name: MachineName, since: Date, timeoutMs = 30_000): Promise<string> {
      let found: string | undefined;
      await pWaitFor(
        async () => {
          const all = await this.executions(name);
          found = all.find(
            ({ startDate }) => startDate && startDate.getTime() >= since.getTime() - 1_000,
          )?.executionArn;
          return found !== undefined;
        },
        { interval: 200, timeout: { milliseconds: timeoutMs, message: `${name} has not begun` } },
      );
      return found ?? "";
    },
    /** The id of the newest verified point, as `list-points` says it. */
    async latest(source: string): Promise<string> {
      const { points } = await readCatalog(catalog, { source });
      return chooseLatest(points).latest?.backupId ?? "none";
    },
    /** What a restore has proved. */
    async evidenceOf(execution: Execution): Promise<Evidence> {
      const { evidence } = z
        .looseObject({ evidence: z.looseObject({ evidenceKey: z.string() }) })
        .parse(execution.output);
      return Evidence.parse(JSON.parse(new TextDecoder().decode(await repository.read(evidence.evidenceKey))));
    },
    async executions(name: MachineName) {
      const found: ExecutionListItem[] = [];
      for await (const { executions = [] } of paginateListExecutions(
        { client: sfn },
        { stateMachineArn: machine(name) },
      ))
        found.push(...executions);
      return found;
    },
    /** Waits for an execution of that name to have begun, and then to have ended. */
    async endedNamed(name: MachineName, executionName: string, timeoutMs = 120_000): Promise<Execution> {
      const arn = `${machine(name).replace(":stateMachine:", ":execution:")}:${executionName}`;
      await pWaitFor(
        () =>
          describe(arn).then(
            () => true,
            () => false,
          ),
        {
          interval: 200,
          timeout: { milliseconds: timeoutMs, message: `${executionName} of ${name} has not begun` },
        },
      );
      return ended(arn, timeoutMs);
    },
    /** Calls a function as `sls invoke` does. A function's error is thrown with its name. */
    async invoke(name: string, payload: unknown): Promise<unknown> {
      const request = { FunctionName: `holdfast-${stage.stage}-${name}`, Payload: JSON.stringify(payload) };
      const { FunctionError, Payload } = await lambda.send(new InvokeCommand(request));
      const answer: unknown = JSON.parse(new TextDecoder().decode(Payload) || "null");
      if (!FunctionError) return answer;
      const { errorType, errorMessage } = z.object({ errorType: z.string(), errorMessage: z.string() }).parse(answer);
      throw Object.assign(new Error(errorMessage), { name: errorType });
    },
    /** What tasks or functions have logged since: the emulator hands out the first 10,000 lines and no token for more. */
    async logLines(logGroupName: string, since: Date): Promise<string[]> {
      const lines: string[] = [];
      const wanted = { logGroupName, startTime: since.getTime() };
      for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, wanted))
        lines.push(...events.map(({ message }) => message ?? ""));
      return lines;
    },
    /** A one-time schedule beside those of the plan, as they are made. */
    async scheduleOnce(at: Date, backup: string): Promise<void> {
      await scheduler.send(
        new CreateScheduleCommand({
          Name: `holdfast-once-${at.getTime()}`,
          ActionAfterCompletion: "DELETE",
          ScheduleExpression: `at(${at.toISOString().slice(0, 19)})`,
          ScheduleExpressionTimezone: "UTC",
          FlexibleTimeWindow: { Mode: "OFF" },
          Target: {
            Arn: machine("backup"),
            RoleArn: stage.outputs["ScheduleRoleArn"],
            Input: JSON.stringify({ backup, scheduledTime: "<aws.scheduler.scheduled-time>" }),
          },
        }),
      );
    },
    [Symbol.dispose]() {
      for (const client of [sfn, s3, lambda, scheduler, logs]) client.destroy();
    },
  };
}

export type StageClient = ReturnType<typeof stageClient>;
