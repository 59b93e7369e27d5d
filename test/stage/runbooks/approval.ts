import { z } from "zod";
import type { World } from "../support/world.ts";
import { isAlarmed, isHeld, type Scene } from "./scene.ts";

const Started = z.looseObject({ figures: z.looseObject({ executionArn: z.string() }) });
const RESTORE_ID = /-f cancel-restore -d '\{"restoreId":"([^"]+)"/;

/** Somebody restores alone where two have to want it; whoever reads of it puts an end to it. */
export async function glassBroken(world: World): Promise<Scene> {
  const { client } = world;
  const target = "guarded-uploads";
  const breakGlass = { who: "the test", why: "the page of it is read aloud" };
  const request = { source: "uploads", target, confirm: target, requestedBy: "the test", breakGlass };
  const { figures } = Started.parse(await client.invoke("start-restore", request));
  await isAlarmed(world, "BreakGlass", breakGlass.why);
  const told = await client.message((text, channel) => channel === "slack" && text.includes(breakGlass.why));
  const restoreId = RESTORE_ID.exec(client.asText(told))?.[1] ?? "";
  await client.invoke("cancel-restore", { restoreId, because: "nobody knows of it", requestedBy: "the test" });
  await client.ended(figures.executionArn);
  return {
    bindings: { "<restoreId>": restoreId, sessions: "uploads" },
    steps: [
      { shows: ["CANCELLED by the test, because: nobody knows of it"] },
      isHeld(world),
      { shows: ["CANCELLED already, at "] },
      { shows: ['"break glass"', breakGlass.why] },
      { shows: ["BreakGlass of uploads is ended by hand"] },
    ],
  };
}
