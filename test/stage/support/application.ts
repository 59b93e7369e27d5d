import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import {
  CreateFunctionCommand,
  DeleteFunctionCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { execa } from "execa";
import pWaitFor from "p-wait-for";
import { awsClientOptions, stageFiles } from "#local/stage-layout.ts";
import type { World } from "./world.ts";

/** As the hooks of `rehearsal-db` in config/local.yml name them. */
const place = { cluster: "application", service: "web" };
const functionName = "application-hook";
/** Says what it was given; fails in the phase that its environment names. */
const CODE = `export const handler = async (event) => {
  console.log("given " + JSON.stringify(event));
  if (event.phase === process.env.FAILS) throw Object.assign(new Error("told to fail " + event.phase), { name: "ToldTo" });
};
`;

/** What runs around a target: an ECS service with tasks in real containers, and a function. */
export async function startApplication({ stage, client }: World) {
  const begun = new Date();
  const ecs = new ECSClient(awsClientOptions);
  const lambda = new LambdaClient(awsClientOptions);
  await ecs.send(new CreateClusterCommand({ clusterName: place.cluster }));
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      ...{ family: "web", requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512" },
      containerDefinitions: [
        {
          ...{ name: "web", image: stage.images.worker, essential: true, stopTimeout: 2 },
          command: ["node", "-e", "process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000)"],
        },
      ],
    }),
  );
  const { cluster, service: serviceName } = place;
  await ecs.send(
    new CreateServiceCommand({ cluster, serviceName, taskDefinition: "web", desiredCount: 0, launchType: "FARGATE" }),
  );
  const code = join(stageFiles.build, "index.mjs");
  await writeFile(code, CODE);
  await execa(stageFiles.venvPython, ["-m", "zipfile", "-c", `${code}.zip`, code]);
  const role = "arn:aws:iam::000000000000:role/application";
  const Code = { ZipFile: await readFile(`${code}.zip`) };
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: functionName,
      Runtime: "nodejs24.x",
      Role: role,
      Handler: "index.handler",
      Code,
    }),
  );

  const counts = async () => {
    const { services = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services: [serviceName] }));
    return { desired: services[0]?.desiredCount, running: services[0]?.runningCount };
  };
  const has = async (count: number) => {
    const has = async () => {
      const { desired, running } = await counts();
      return desired === count && running === count;
    };
    const timeout = { milliseconds: 60_000, message: `application/web has not come to ${count}` };
    await pWaitFor(has, { interval: 200, timeout });
  };
  return {
    counts,
    /** Waits until so many tasks are wanted, and run. */
    has,
    async scaleTo(desiredCount: number) {
      await ecs.send(new UpdateServiceCommand({ ...place, desiredCount }));
      await has(desiredCount);
    },
    async failsIn(phase: "before" | "after" | "neither") {
      const Environment = { Variables: { FAILS: phase } };
      await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: functionName, Environment }));
    },
    /** What the function was given around one restore, in order. */
    async callsOf(runId: string): Promise<unknown[]> {
      const lines = await client.logLines(`/aws/lambda/${functionName}`, begun);
      const given = lines.flatMap((line) => /given (\{.*\})/.exec(line)?.[1] ?? []);
      return given.map((text) => JSON.parse(text)).filter((one) => one.runId === runId);
    },
    async end() {
      await ecs.send(new DeleteServiceCommand({ ...place, force: true }));
      await lambda.send(new DeleteFunctionCommand({ FunctionName: functionName }));
    },
  };
}
export type Application = Awaited<ReturnType<typeof startApplication>>;
