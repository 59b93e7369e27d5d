import { z } from "zod";
import type { World } from "../support/world.ts";
import type { Scene } from "./scene.ts";

const Opened = z.looseObject({ figures: z.looseObject({ incidentId: z.string(), holdId: z.string() }) });

/** Of the kind that refuses no restore: other pages are read meanwhile. */
export function incident({ client }: World): Scene {
  let holdId = "";
  const why = "it was read aloud";
  return {
    bindings: {},
    steps: [
      {
        shows: [" is open: app-db deleted. Its points up to 2026-02-23T13:40:00Z are held by "],
        until: async (printed) => {
          const { figures } = Opened.parse(JSON.parse(printed));
          holdId = figures.holdId;
          return { "<incidentId>": figures.incidentId };
        },
      },
      { shows: [" is open: app-db deleted, High", "- [ ] isolated: ", "-f tick-step"] },
      { shows: ["isolated of DR-", " is done; 10 steps are left"] },
      {
        shows: [" is closed; its report is ", "- [x] isolated: ", "incident closed by your name"],
        until: async () => {
          await client.invoke("release-hold", { holdId, why, requestedBy: "the test" });
          return {};
        },
      },
    ],
  };
}
