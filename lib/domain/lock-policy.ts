import { z } from "zod";
import { Duration } from "./duration.ts";

/** Object Lock on what is kept: until then nobody deletes it, whatever rights he has stolen. */
export const Lock = z.strictObject({
  mode: z
    .enum(["governance", "compliance"])
    .describe("governance: who has the right to may take a lock off. compliance: nobody may, not even the account."),
  for: Duration.describe("How far ahead what is kept is locked; each sweep of retention extends it again."),
});
export type Lock = z.infer<typeof Lock>;
