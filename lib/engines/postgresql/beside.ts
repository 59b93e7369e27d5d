import { type Client, escapeIdentifier as name } from "pg";
import { z } from "zod";
import { FormatIncomplete } from "#domain/errors.ts";
import type { Facts } from "#domain/facts.ts";
import type { RestoreTools } from "#ports/engine.ts";
import type { Chosen } from "./chosen.ts";
import { type Login, rows, withClient } from "./connection.ts";
import { loadStreams } from "./load-streams.ts";
import type { DatabaseProperties } from "./properties.ts";
import { createDatabase, dropWhatItLacked } from "./replay-properties.ts";
import { setSequences } from "./sequences-last.ts";
import type { Server } from "./server.ts";
import type { Tool } from "./tools-of-version.ts";

/** Where a database is loaded before the swap, and where the old one is kept after it. At most 63 bytes. */
export const besideName = (restoreId: string, { number }: Chosen) => `holdfast_${restoreId}_${number}`;
export const keptName = (restoreId: string, { number }: Pick<Chosen, "number">) =>
  `holdfast_old_${restoreId}_${number}`;

type Loading = {
  properties: DatabaseProperties | undefined;
  /** Where they stood when they were dumped. */
  sequences: Facts;
  pgRestore: Tool;
  server: Server;
  jobs: number;
};

/** Loads one database next to what is there. Meanwhile nobody but its owner may connect. */
export async function loadBeside(
  admin: Client,
  login: Login,
  tools: RestoreTools,
  chosen: Chosen,
  { properties, sequences, pgRestore, server, jobs }: Loading,
): Promise<void> {
  if (!properties) throw new FormatIncomplete(`the properties do not name database "${chosen.captured}"`);
  const beside = besideName(tools.restoreId, chosen);
  await dropDatabase(admin, login, beside, tools.signal); // what an earlier try of this very restore has left
  for (const statement of createDatabase(beside, properties, server)) await admin.query(statement);
  await withClient(login, beside, tools.signal, async (client) => {
    for (const statement of dropWhatItLacked(properties)) await client.query(statement);
  });
  await loadStreams(tools, chosen.streams, { login, database: beside, pgRestore, jobs });
  await withClient(login, beside, tools.signal, async (client) => {
    await setSequences(client, sequences);
    await client.query("ANALYZE");
  });
}

/** Also one that holds subscriptions: they are let go of without a word to their publisher. Not there is fine. */
export async function dropDatabase(admin: Client, login: Login, database: string, signal: AbortSignal): Promise<void> {
  const subscriptions = await rows(admin, z.object({ subname: z.string() }), SUBSCRIPTIONS, [database]);
  if (subscriptions.length > 0) {
    await admin.query(`ALTER DATABASE ${name(database)} ALLOW_CONNECTIONS true`);
    await withClient(login, database, signal, async (client) => {
      for (const { subname } of subscriptions) {
        await client.query(`ALTER SUBSCRIPTION ${name(subname)} DISABLE`);
        await client.query(`ALTER SUBSCRIPTION ${name(subname)} SET (slot_name = NONE)`);
        await client.query(`DROP SUBSCRIPTION ${name(subname)}`);
      }
    });
  }
  await admin.query(`DROP DATABASE IF EXISTS ${name(database)} WITH (FORCE)`);
}

const SUBSCRIPTIONS = `
  select subname from pg_subscription where subdbid = (select oid from pg_database where datname = $1)`;
