import { setTimeout as wait } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type Client, escapeIdentifier as name } from "pg";
import { z } from "zod";
import { FactsDiffer, FormatIncomplete } from "#domain/errors.ts";
import type { Facts } from "#domain/facts.ts";
import type { RestoreTools } from "#ports/engine.ts";
import { besideName } from "./beside.ts";
import type { Chosen } from "./chosen.ts";
import { type Login, rows, withClient } from "./connection.ts";
import { allFacts, databaseFacts, sequenceFacts } from "./facts.ts";
import { markOf } from "./mark.ts";
import { readSharedProperties, type SharedProperties } from "./properties.ts";
import { replayProperties } from "./replay-properties.ts";

/**
 * Counts what was loaded and gives the database its owner, privileges and settings; from then on nobody may connect until
 * the swap. Throws `FactsDiffer` when a setting did not come out as it was captured.
 */
export async function countBeside(
  admin: Client,
  login: Login,
  tools: RestoreTools,
  chosen: Chosen,
  captured: SharedProperties | undefined,
): Promise<{ facts: Facts; mark: string }> {
  if (!captured) throw new FormatIncomplete(`the properties do not name database "${chosen.captured}"`);
  const beside = besideName(tools.restoreId, chosen);
  const counted = await withClient(login, beside, tools.signal, async (client) => {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const facts = await databaseFacts(client);
    const sequences = await sequenceFacts(client);
    await client.query("COMMIT");
    await untilAlone(client);
    return { facts, sequences, mark: await markOf(client) };
  });
  await admin.query(`ALTER DATABASE ${name(beside)} ALLOW_CONNECTIONS false`);
  for (const statement of replayProperties(beside, captured)) await admin.query(statement);
  const restored = await readSharedProperties(admin, beside);
  if (!isDeepStrictEqual(restored.settings, captured.settings))
    // their values are in no fact, since they may be secrets
    throw new FactsDiffer(`database "${chosen.captured}": its settings were not restored as they were captured`);
  return { facts: allFacts(counted.facts, counted.sequences, restored), mark: counted.mark };
}

/** The counters that the mark is made of are written when a session ends, which takes the server a moment. */
async function untilAlone(client: Client): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const [others] = await rows(client, z.object({ count: z.int() }), OTHERS);
    if (others?.count === 0) return;
    await wait(100);
  }
}

const OTHERS = `
  select count(*)::int as count from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`;
