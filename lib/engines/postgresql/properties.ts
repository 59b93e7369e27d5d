import type { Client } from "pg";
import { z } from "zod";
import { FormatIncomplete, TargetChanged } from "#domain/errors.ts";
import type { Facts } from "#domain/facts.ts";
import { rows } from "./connection.ts";

/**
 * What belongs to a database and lies outside of it, so that `pg_dump` without `--create` leaves it out. Roles by name;
 * `null` is PUBLIC, or every role. Settings as `name=value`, in the server's own writing, and they may hold secrets.
 */
export const SharedProperties = z.object({
  owner: z.string(),
  encoding: z.string(),
  /** `c` libc, `i` ICU, `b` built in. */
  provider: z.enum(["c", "i", "b"]),
  collate: z.string(),
  ctype: z.string(),
  locale: z.string().nullable(),
  icuRules: z.string().nullable(),
  connectionLimit: z.int(),
  comment: z.string().nullable(),
  /** `null`: nobody has ever changed it. */
  privileges: z
    .array(z.object({ grantee: z.string().nullable(), privilege: z.string(), isGrantable: z.boolean() }))
    .nullable(),
  settings: z.array(z.object({ role: z.string().nullable(), setting: z.string() })),
});
export type SharedProperties = z.infer<typeof SharedProperties>;

export const DatabaseProperties = SharedProperties.extend({
  /** What every new database has and this one may have dropped. */
  hasPublicSchema: z.boolean(),
  hasPlpgsql: z.boolean(),
});
export type DatabaseProperties = z.infer<typeof DatabaseProperties>;

const PropertiesFile = z.object({ schema: z.literal(1), databases: z.record(z.string(), DatabaseProperties) });

export const PROPERTIES_PROOF = "it parses as JSON and names every database";

export const writeProperties = (databases: Record<string, DatabaseProperties>) =>
  `${JSON.stringify({ schema: 1, databases }, null, 2)}\n`;

/** Throws `FormatIncomplete` when it is not one. */
export function parseProperties(text: string): Record<string, DatabaseProperties> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new FormatIncomplete("the properties of the databases are not whole: they do not parse as JSON");
  }
  const parsed = PropertiesFile.safeParse(value);
  if (!parsed.success) throw new FormatIncomplete(`the properties of the databases: ${z.prettifyError(parsed.error)}`);
  return parsed.data.databases;
}

/** Of the database that `client` is connected to. */
export async function readProperties(client: Client): Promise<DatabaseProperties> {
  const [database] = await rows(client, Inside, INSIDE);
  if (!database) throw new Error("a session is always in a database");
  const { name, ...inside } = database;
  return { ...(await readSharedProperties(client, name)), ...inside };
}

/** Of any database of the server: what can be known without a session in it. */
export async function readSharedProperties(client: Client, database: string): Promise<SharedProperties> {
  const [found] = await rows(client, z.object({ properties: SharedProperties }), PROPERTIES, [database]);
  if (!found) throw new TargetChanged(`database "${database}" is gone`);
  return found.properties;
}

/** As facts: the names of settings only, since values may be secrets. */
export const propertyFacts = ({ settings, privileges, comment, ...plain }: SharedProperties): Facts => ({
  owner: plain.owner,
  encoding: plain.encoding,
  provider: plain.provider,
  collate: plain.collate,
  ctype: plain.ctype,
  locale: plain.locale ?? "none",
  connectionLimit: plain.connectionLimit,
  hasComment: comment !== null,
  privileges:
    privileges
      ?.map((p) => `${p.grantee ?? "PUBLIC"} ${p.privilege}${p.isGrantable ? "*" : ""}`)
      .sort()
      .join(", ") ?? "default",
  settings: settings
    .map(({ role, setting }) => `${role === null ? "" : `${role}: `}${setting.split("=")[0]}`)
    .sort()
    .join(", "),
});

// As JSON, since the columns differ between versions: datlocale is daticulocale in 15 and 16, and not there before.
// Grants by default equal to none at all are one and the same to pg_dump, so they are here.
const PROPERTIES = `
  select jsonb_build_object(
    'owner', pg_get_userbyid(d.datdba),
    'encoding', pg_encoding_to_char(d.encoding),
    'provider', coalesce(to_jsonb(d)->>'datlocprovider', 'c'),
    'collate', d.datcollate, 'ctype', d.datctype,
    'locale', coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'),
    'icuRules', to_jsonb(d)->>'daticurules',
    'connectionLimit', d.datconnlimit,
    'comment', shobj_description(d.oid, 'pg_database'),
    'privileges', (
      select case when d.datacl is null or acl.held = acl.usual then null else acl.held end from (
        select (select coalesce(jsonb_agg(distinct g.one order by g.one), '[]') from (${grants("d.datacl")}) g) as held,
               (select coalesce(jsonb_agg(distinct g.one order by g.one), '[]') from (${grants("acldefault('d', d.datdba)")}) g) as usual) acl),
    'settings', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'role', case when s.setrole <> 0 then pg_get_userbyid(s.setrole) end, 'setting', setting)
        order by s.setrole <> 0, pg_get_userbyid(s.setrole) collate "C", setting collate "C"), '[]')
      from pg_catalog.pg_db_role_setting s, unnest(s.setconfig) setting where s.setdatabase = d.oid)
  ) as properties
  from pg_catalog.pg_database d where d.datname = $1`;

const Inside = DatabaseProperties.pick({ hasPublicSchema: true, hasPlpgsql: true }).extend({ name: z.string() });
const INSIDE = `
  select current_database() as name,
    exists (select from pg_catalog.pg_namespace where nspname = 'public') as "hasPublicSchema",
    exists (select from pg_catalog.pg_extension where extname = 'plpgsql') as "hasPlpgsql"`;

function grants(acl: string) {
  return `select jsonb_build_object('grantee', case when a.grantee <> 0 then pg_get_userbyid(a.grantee) end,
    'privilege', a.privilege_type, 'isGrantable', bool_or(a.is_grantable)) as one
    from aclexplode(${acl}) a group by a.grantee, a.privilege_type`;
}
