import { createHash } from "node:crypto";
import type { Client } from "pg";
import { z } from "zod";
import { TABLES } from "./catalog-sql.ts";
import { rows } from "./connection.ts";

/**
 * Recognises a database as long as nobody writes to it: its oid on this very server, and per table how many rows it has
 * and how many were ever inserted, updated and deleted. A crash of the server resets those counters, and the mark
 * with them: then a person is asked once more, and nothing is taken for untouched that is not.
 */
export async function markOf(client: Client): Promise<string> {
  const [database] = await rows(client, Database, DATABASE);
  const tables = await rows(client, z.object({ name: z.string(), writes: z.string() }), WRITES);
  const hash = createHash("sha256");
  for (const { name, writes } of tables) {
    const [found] = await rows(client, z.object({ count: z.string() }), `select count(*) as count from only ${name}`);
    hash.update(`${name} ${writes} ${found?.count}\n`);
  }
  return `${database?.system ?? ""}/${database?.oid ?? ""}/${hash.digest("hex").slice(0, 32)}`;
}

const Database = z.object({ system: z.string(), oid: z.coerce.string() });
const DATABASE = `
  select (select system_identifier::text from pg_control_system()) as system, oid from pg_database where datname = current_database()`;
const WRITES = `
  select format('%I.%I', nspname, relname) as name,
    concat_ws(' ', pg_stat_get_tuples_inserted(oid), pg_stat_get_tuples_updated(oid), pg_stat_get_tuples_deleted(oid)) as writes
  from (${TABLES}) t where relkind = 'r' order by 1`;
