import type { Client } from "pg";
import { z } from "zod";
import { TABLES } from "./catalog-sql.ts";
import { rows } from "./connection.ts";
import type { SizedTable } from "./split.ts";

/** Each name costs `pg_dump` a query and a place among its arguments, and tables after so many larger ones weigh little. */
const MOST_NAMED = 500;

/**
 * The largest tables that can be named, and the bytes of everything else. Not named are what belongs to extensions, and
 * names that `pg_dump` would read in another encoding than ours.
 */
export async function tableSizes(client: Client): Promise<{ tables: SizedTable[]; otherBytes: number }> {
  const tables = await rows(client, Table, LARGEST, [MOST_NAMED]);
  const [all] = await rows(client, z.object({ bytes: z.coerce.number() }), ALL);
  const named = tables.reduce((sum, { bytes }) => sum + bytes, 0);
  return { tables, otherBytes: Math.max(0, (all?.bytes ?? 0) - named) };
}

const Table = z.object({
  schema: z.string(),
  name: z.string(),
  bytes: z.coerce.number(),
  sequences: z.array(z.tuple([z.string(), z.string()])),
});

// pg_table_size() is that of the moment, and not of the snapshot: it decides who takes what, and nothing else. A table that
// has been dropped since can't be, since it is locked.
const LARGEST = `
  select nspname as schema, relname as name, pg_table_size(oid) as bytes,
    (select coalesce(json_agg(json_build_array(sn.nspname, s.relname)), '[]')
     from pg_depend d join pg_class s on s.oid = d.objid and s.relkind = 'S' join pg_namespace sn on sn.oid = s.relnamespace
     where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = t.oid and d.refobjsubid > 0) as sequences
  from (${TABLES} offset 0) t
  where relkind = 'r' and condition is null
    and (current_setting('server_encoding') = 'UTF8' or octet_length(nspname || relname) = length(nspname || relname))
  order by pg_table_size(oid) desc, oid limit $1`;

const ALL = `
  select coalesce(sum(pg_table_size(oid)), 0) + pg_table_size('pg_largeobject') as bytes from (${TABLES} offset 0) t where relkind = 'r'`;
