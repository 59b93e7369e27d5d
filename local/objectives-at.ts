import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { sfnExecutions } from "../lib/adapters/aws/executions.ts";
import { eventBridge, stepFunctions } from "../lib/adapters/aws/messaging.ts";
import type { CatalogPorts } from "../lib/app/catalog.ts";
import { checkObjectives } from "../lib/app/check-objectives.ts";
import type { Plan } from "../lib/domain/plan.ts";
import type { StageClient } from "./stage-client.ts";
import { awsClientOptions } from "./stage-layout.ts";

type Ports = CatalogPorts & { stage: string; plan: Plan };

/** `check-objectives` as it would answer at an instant: everything is real but the clock, and of the plan there is one source alone. */
export function objectivesAt(client: StageClient, ports: Ports, source: string) {
  const only = <T>(section: Record<string, T>) =>
    Object.fromEntries(Object.entries(section).filter(([name]) => name === source));
  const its = {
    ...ports,
    plan: { ...ports.plan, sources: only(ports.plan.sources), objectives: only(ports.plan.objectives) },
    ...{ metrics: () => {}, log: { info: () => {}, error: () => {} } },
    events: eventBridge(new EventBridgeClient(awsClientOptions)),
    machines: stepFunctions(client.sfn),
    executions: sfnExecutions(client.sfn),
    backupMachine: client.machine("backup"),
  };
  return (now: Date) => checkObjectives({ ...its, clock: () => now })();
}
