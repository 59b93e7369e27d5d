import type { Client } from "pg";
import { z } from "zod";
import type { Facts } from "#domain/facts.ts";
import type { ArchiveContents } from "./archive-reader.ts";
import { SEQUENCES, TABLES } from "./catalog-sql.ts";
import { rows } from "./connection.ts";
import { largeObjectFacts } from "./large-objects.ts";
import { propertyFacts, type SharedProperties } from "./properties.ts";
import { schemaFacts } from "./schema-facts.ts";

/**
 * What is counted in one database, in the snapshot that `client` sees:
 * `{ rows: { "public.orders": 120000 }, schema: { … }, extensions: { pg_trgm: true }, largeObjects: { … }, roles: { … } }`.
 * Sequences are not in it: they move outside of snapshots.
 */
export async function databaseFacts(client: Client): Promise<Facts> {
  return {
    rows: await rowCounts(client),
    materializedViews: await populated(client),
    schema: await schemaFacts(client),
    extensions: await present(client, "select extname as name from pg_extension"),
    largeObjects: await largeObjectFacts(client),
    roles: await present(client, ROLES),
  };
}

/** The sequences that a dump must hold, as the server writes their names. */
export async function sequenceNames(client: Client): Promise<string[]> {
  const found = await rows(client, Named, `select format('%I.%I', nspname, relname) as name from (${SEQUENCES}) s`);
  return found.map(({ name }) => name);
}

/** Where the sequences of the restored database stand; compared with what the archive says of them. */
export async function sequenceFacts(client: Client): Promise<Facts> {
  const facts: Facts = {};
  for (const name of await sequenceNames(client)) {
    const [found] = await rows(
      client,
      z.object({ at: z.string() }),
      `select last_value || case when is_called then ' called' else '' end as at from ${name}`,
    );
    if (found) facts[name] = found.at;
  }
  return facts;
}

/** Where they stand in the archives. */
export async function archivedSequences(client: Client, archives: ArchiveContents[]): Promise<Facts> {
  const sequences = archives.flatMap((archive) => archive.sequences);
  const names = await quoted(
    client,
    sequences.map(({ schema, name }) => [schema, name]),
  );
  return Object.fromEntries(
    sequences.map(({ value, isCalled }, i) => [names[i], `${value}${isCalled ? " called" : ""}`]),
  );
}

export const allFacts = (counted: Facts, sequences: Facts, properties: SharedProperties): Facts => ({
  ...counted,
  sequences,
  properties: propertyFacts(properties),
});

const Named = z.object({ name: z.string() });

async function rowCounts(client: Client): Promise<Facts> {
  const Table = Named.extend({ condition: z.string().nullable() });
  const tables = await rows(
    client,
    Table,
    `select format('%I.%I', nspname, relname) as name, condition from (${TABLES}) t where relkind = 'r'`,
  );
  const facts: Facts = {};
  for (const { name, condition } of tables) {
    const [found] = await rows(
      client,
      z.object({ count: z.coerce.number() }),
      `select count(*) as count from only ${name} ${condition ?? ""}`,
    );
    if (found) facts[name] = found.count;
  }
  return facts;
}

/** pg_dump refreshes them at restore, so that a stale one comes back with other rows: only this much is the same. */
async function populated(client: Client): Promise<Facts> {
  const found = await rows(
    client,
    Named.extend({ is: z.boolean() }),
    "select format('%I.%I', schemaname, matviewname) as name, ispopulated as is from pg_matviews",
  );
  return Object.fromEntries(found.map(({ name, is }) => [name, is ? "populated" : "empty"]));
}

async function present(client: Client, sql: string): Promise<Facts> {
  return Object.fromEntries((await rows(client, Named, sql)).map(({ name }) => [name, true]));
}

/** `[schema, name]` as the server writes it, in the same order. */
async function quoted(client: Client, names: [schema: string, name: string][]): Promise<string[]> {
  const sql = `select format('%I.%I', s, n) as name from unnest($1::text[], $2::text[]) with ordinality u(s, n, ord) order by ord`;
  const found = await rows(client, Named, sql, [names.map(([schema]) => schema), names.map(([, name]) => name)]);
  return found.map(({ name }) => name);
}

const notInExtension = (catalog: string, oid: string) =>
  `not exists (select from pg_depend e where e.classid = ${catalog} and e.objid = ${oid} and e.deptype = 'e')`;

// Whoever restores an extension owns it and what is in it, so those owners are not counted.
// Roles that own or are granted something. The first superuser is never in pg_shdepend, so owners are asked for as well.
const ROLES = `
  select distinct pg_get_userbyid(refobjid) as name from pg_shdepend d
  where dbid = (select oid from pg_database where datname = current_database()) and refclassid = 'pg_authid'::regclass
    and deptype in ('o', 'a', 'r') and classid <> 'pg_extension'::regclass and ${notInExtension("d.classid", "d.objid")}
  union select distinct pg_get_userbyid(o) from (
    select relowner as o, oid, 'pg_class'::regclass as class from pg_class where relkind in ('r', 'p', 'v', 'm', 'f', 'S')
    union all select proowner, oid, 'pg_proc'::regclass from pg_proc
    union all select nspowner, oid, 'pg_namespace'::regclass from pg_namespace
    union all select typowner, oid, 'pg_type'::regclass from pg_type where typtype in ('d', 'e', 'r')) owned
  where oid >= 16384 and ${notInExtension("owned.class", "owned.oid")}`;
