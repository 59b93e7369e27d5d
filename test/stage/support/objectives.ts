import { readPlan } from "#adapters/plan-file.ts";
import { engineSections } from "#engines/descriptions.ts";
import { objectivesAt } from "#local/objectives-at.ts";
import type { SourceName, World } from "./world.ts";

const HOUR_MS = 3_600_000;

/** Whether the local plan's objective of a source is met in so many hours. */
export function checkLater({ client, stage }: World, source: SourceName) {
  const plan = readPlan(".", "local", engineSections);
  const check = objectivesAt(client, { ...client.catalog, stage: stage.stage, plan }, source);
  return (hours: number) => check(new Date(Date.now() + hours * HOUR_MS));
}
