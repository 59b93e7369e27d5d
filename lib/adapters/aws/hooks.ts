import { setTimeout as sleep } from "node:timers/promises";
import { DescribeServicesCommand, type ECSClient, UpdateServiceCommand } from "@aws-sdk/client-ecs";
import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { z } from "zod";
import type { Functions, ServicePlace, Services } from "#ports/hooks.ts";

const ASK_EVERY_MS = 1_000;

export const ecsServices = (client: ECSClient): Services => {
  const describe = async ({ cluster, service }: ServicePlace) =>
    (await client.send(new DescribeServicesCommand({ cluster, services: [service] }))).services?.find(
      ({ status }) => status === "ACTIVE", // a deleted one is remembered for a while
    );
  return {
    desiredCount: async (place) => (await describe(place))?.desiredCount,
    async setCount(place, desiredCount) {
      await client.send(new UpdateServiceCommand({ ...place, desiredCount }));
    },
    async settle(place, count, signal) {
      for (;;) {
        const { runningCount = 0, pendingCount = 0 } = (await describe(place)) ?? {};
        if (runningCount + pendingCount <= count) return;
        await sleep(ASK_EVERY_MS, undefined, { signal });
      }
    },
  };
};

const FunctionError = z.object({ errorType: z.string().default("Error"), errorMessage: z.string() });

/** The client must not try again by itself: a function whose answer was lost may have done its work. */
export const lambdaFunctions = (client: LambdaClient): Functions => ({
  async call(functionArn, input, signal) {
    const { FunctionError: failed, Payload } = await client.send(
      new InvokeCommand({ FunctionName: functionArn, Payload: JSON.stringify(input) }),
      { abortSignal: signal },
    );
    if (failed === undefined) return;
    const told = FunctionError.safeParse(JSON.parse(new TextDecoder().decode(Payload) || "null")).data;
    throw new Error(told ? `${told.errorType}: ${told.errorMessage}` : failed);
  },
});
