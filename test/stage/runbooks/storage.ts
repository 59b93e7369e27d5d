import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { s3Inventory } from "#adapters/aws/inventory.ts";
import { eventBridge } from "#adapters/aws/messaging.ts";
import { readPlan } from "#adapters/plan-file.ts";
import { checkStorage } from "#app/check-storage.ts";
import { Budget } from "#domain/budget.ts";
import { engineSections } from "#engines/descriptions.ts";
import { awsClientOptions } from "#local/stage-layout.ts";
import type { World } from "../support/world.ts";
import { isAlarmed, type Scene } from "./scene.ts";

/** What the function does each day, with everything real but the plan, whose budget is a trifle; then there is room again. */
export async function storageNearBudget(world: World): Promise<Scene> {
  const { client, layout, stage } = world;
  const check = (storage: string) =>
    checkStorage({
      ...{ ...client.catalog, layout, stage: stage.stage, region: stage.region, clock: () => new Date() },
      plan: { ...readPlan(".", "local", engineSections), budget: Budget.parse({ storage }) },
      inventory: s3Inventory(client.s3, client.bucket),
      events: eventBridge(new EventBridgeClient(awsClientOptions)),
      metrics: () => {},
    })();
  await check("1MiB");
  await isAlarmed(world, "StorageNearBudget", "of 1MiB are used");
  return {
    bindings: { "app-db": "uploads" },
    steps: [
      {
        shows: ["The repository holds ", "uploads", "STANDARD", "points of uploads", "A sweep now would keep"],
        until: async () => {
          await check("100TiB");
          await client.message((text) => text.includes("of 100TiB are used")); // the alarm's end
          return {};
        },
      },
    ],
  };
}
