import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { sfnExecutions } from "../../../lib/adapters/aws/executions.ts";
import { eventBridge, stepFunctions } from "../../../lib/adapters/aws/messaging.ts";
import { checkObjectives } from "../../../lib/app/check-objectives.ts";
import type { Message, StageClient } from "../../stage-client.ts";
import { awsClientOptions } from "../../stage-layout.ts";
import { type Ground, SOURCE } from "./ground.ts";

const HOUR_MS = 3600 * 1000;
const GIVEN_UP_AFTER_HOURS = 48;

/**
 * Nothing runs any more, and so nothing fails. `check-objectives` looks each hour; its alarm goes to the stage's own bus, and from
 * there to people. Ends with the message that says that the RPO is broken.
 */
export async function aScheduleStops(
  { ports, time }: Ground,
  client: StageClient,
): Promise<{ hours: number; told: Message }> {
  const last = time.now.getTime();
  const check = checkObjectives({
    ...ports,
    plan: {
      ...ports.plan,
      sources: Object.fromEntries(Object.entries(ports.plan.sources).filter(([name]) => name === SOURCE)),
      objectives: { [SOURCE]: { rpo: "24h", rto: "30m", backUpAtOnce: false } },
    },
    events: eventBridge(new EventBridgeClient(awsClientOptions)),
    machines: stepFunctions(client.sfn),
    executions: sfnExecutions(client.sfn),
    backupMachine: client.machine("backup"),
    metrics: () => {},
  });
  for (let hours = 1; hours <= GIVEN_UP_AFTER_HOURS; hours++) {
    time.now = new Date(last + hours * HOUR_MS);
    const { verdict } = await check();
    if (!verdict.includes(`The RPO of ${SOURCE} is broken`)) continue;
    const told = await client.message(
      (text, channel) => channel === "slack" && text.includes(`BackupTooOld: ${SOURCE}`),
    );
    return { hours, told };
  }
  throw new Error(`nobody noticed within ${GIVEN_UP_AFTER_HOURS} hours that nothing ran`);
}
