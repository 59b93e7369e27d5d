import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { sfnExecutions } from "#adapters/aws/executions.ts";
import { eventBridge, stepFunctions } from "#adapters/aws/messaging.ts";
import { readPlan } from "#adapters/plan-file.ts";
import { checkObjectives } from "#app/check-objectives.ts";
import { engineSections } from "#engines/descriptions.ts";
import { awsClientOptions } from "#local/stage-layout.ts";
import type { SourceName, World } from "./world.ts";

const HOUR_MS = 3_600_000;

/** `check-objectives` with everything real but the clock, and of the plan one source alone. */
export function checkLater({ client, stage }: World, source: SourceName) {
  const local = readPlan(".", "local", engineSections);
  const only = <T>(section: Record<string, T>) =>
    Object.fromEntries(Object.entries(section).filter(([name]) => name === source));
  const plan = { ...local, sources: only(local.sources), objectives: only(local.objectives) };
  const ports = {
    ...{ ...client.catalog, stage: stage.stage, plan, metrics: () => {}, log: { info: () => {}, error: () => {} } },
    events: eventBridge(new EventBridgeClient(awsClientOptions)),
    machines: stepFunctions(client.sfn),
    executions: sfnExecutions(client.sfn),
    backupMachine: client.machine("backup"),
  };
  return (hours: number) => checkObjectives({ ...ports, clock: () => new Date(Date.now() + hours * HOUR_MS) })();
}
