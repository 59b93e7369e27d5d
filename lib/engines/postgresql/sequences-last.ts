import type { Client } from "pg";
import type { Facts } from "#domain/facts.ts";
import { sequenceFacts } from "./facts.ts";

/**
 * Sets the sequences that do not stand where the archives have set them: what was loaded after them can count with one, a
 * materialized view that is filled for example.
 */
export async function setSequences(client: Client, captured: Facts): Promise<void> {
  for (const [sequence, at] of Object.entries(await sequenceFacts(client))) {
    const wanted = captured[sequence];
    if (wanted === undefined || wanted === at) continue;
    const [value, called] = String(wanted).split(" ");
    await client.query("select setval($1::text::regclass, $2::bigint, $3)", [sequence, value, called === "called"]);
  }
}
