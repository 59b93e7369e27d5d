import {
  DescribeTasksCommand,
  type ECSClient,
  InvalidParameterException,
  paginateListTasks,
  StopTaskCommand,
} from "@aws-sdk/client-ecs";
import {
  DescribeExecutionCommand,
  InvalidToken,
  paginateListExecutions,
  SendTaskFailureCommand,
  SendTaskSuccessCommand,
  type SFNClient,
  StopExecutionCommand,
  TaskDoesNotExist,
  TaskTimedOut,
} from "@aws-sdk/client-sfn";
import type { Executions, RunningTasks, WaitingStates } from "#ports/executions.ts";

const NEVER = new Date(0);

export const sfnExecutions = (client: SFNClient): Executions => ({
  async *list(stateMachineArn, only) {
    const request = { stateMachineArn, ...(only ? { statusFilter: only } : {}) };
    for await (const { executions = [] } of paginateListExecutions({ client }, request))
      for (const { executionArn = "", status = "", startDate = NEVER, stopDate } of executions)
        yield { arn: executionArn, status, startedAt: startDate, endedAt: stopDate };
  },
  async describe(arn) {
    const found = await client.send(new DescribeExecutionCommand({ executionArn: arn }));
    const { status = "", startDate = NEVER, stopDate, input = "{}", error = "", cause = "" } = found;
    return { arn, status, startedAt: startDate, endedAt: stopDate, input, error, cause };
  },
  async stop(arn, cause) {
    try {
      await client.send(new StopExecutionCommand({ executionArn: arn, error: "RestoreCancelled", cause }));
    } catch (failure) {
      if (!(failure instanceof Error) || failure.name !== "ValidationException") throw failure; // it is not running any more
    }
  },
});

/** As many as DescribeTasks takes: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html */
const TASKS_AT_ONCE = 100;

export const ecsRunningTasks = (client: ECSClient, cluster: string): RunningTasks => ({
  async of(isIt) {
    const found: string[] = [];
    for (const desiredStatus of ["RUNNING", "STOPPED"] as const) // STOPPED: also what is still stopping
      for await (const { taskArns = [] } of paginateListTasks(
        { client, pageSize: TASKS_AT_ONCE },
        { cluster, desiredStatus },
      )) {
        if (taskArns.length === 0) continue;
        const { tasks = [] } = await client.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
        for (const { taskArn = "", lastStatus, overrides } of tasks) {
          const environment = overrides?.containerOverrides?.flatMap((container) => container.environment ?? []) ?? [];
          const key = environment.find(({ name }) => name === "TASK_INPUT_KEY")?.value;
          if (lastStatus !== "STOPPED" && key !== undefined && isIt(key)) found.push(taskArn);
        }
      }
    return found;
  },
  async stop(taskArn, reason) {
    try {
      await client.send(new StopTaskCommand({ cluster, task: taskArn, reason }));
    } catch (error) {
      if (!(error instanceof InvalidParameterException)) throw error; // ECS has forgotten it: it stopped a while ago
    }
  },
});

export const sfnWaitingStates = (client: SFNClient): WaitingStates => ({
  goOn: (taskToken) => arrived(client.send(new SendTaskSuccessCommand({ taskToken, output: "{}" }))),
  fail: (taskToken, error, cause) => arrived(client.send(new SendTaskFailureCommand({ taskToken, error, cause }))),
});

async function arrived(sent: Promise<unknown>): Promise<boolean> {
  try {
    await sent;
    return true;
  } catch (error) {
    if (error instanceof TaskTimedOut || error instanceof TaskDoesNotExist || error instanceof InvalidToken)
      return false;
    throw error;
  }
}
