import { type Client, escapeIdentifier as name } from "pg";
import { z } from "zod";
import { notOfExtension, SEQUENCES, TABLES, userSchema } from "./catalog-sql.ts";
import { rows } from "./connection.ts";

/** Above so many, one statement for all of them is shorter than one for each. */
const MOST_STATEMENTS = 20;

/**
 * What the user may not read in this database, all of it, each with the statement that mends it. pg_dump stops at the
 * first, and at row security it stops as well (`row_security` is off), rather than leave rows out.
 */
export async function missingRights(client: Client, user: string, database: string): Promise<string[]> {
  const missing = await rows(client, Missing, MISSING, [user]);
  const at = `Database "${database}"`;
  const problems = missing.map(({ what, statement }) => `${at}: ${what}: ${statement}`);
  const readable = missing.filter(({ kind }) => kind === "read");
  const objects = await rows(client, Missing, LARGE_OBJECTS, [user]);
  const [rls] = await rows(client, z.object({ tables: z.array(z.string()) }), ROW_SECURITY);
  const rest = [
    ...few(objects.map(({ what, statement }) => `${at}: ${what}: ${statement}`)),
    ...(rls && rls.tables.length > 0
      ? [
          `${at}: row security would hide rows of ${rls.tables.join(", ")} from the user: ALTER ROLE ${name(user)} BYPASSRLS;`,
        ]
      : []),
  ];
  if (readable.length <= MOST_STATEMENTS) return [...problems, ...rest];
  return [
    `${at}: the user may not read ${readable.length} schemas, tables and sequences (${readable
      .slice(0, 3)
      .map(({ what }) => what)
      .join(", ")} …): GRANT pg_read_all_data TO ${name(user)};`,
    ...rest,
  ];
}

const Missing = z.object({ kind: z.string(), what: z.string(), statement: z.string() });

const few = (problems: string[]) =>
  problems.length <= MOST_STATEMENTS
    ? problems
    : [...problems.slice(0, MOST_STATEMENTS), `… and ${problems.length - MOST_STATEMENTS} more large objects`];

// OFFSET 0 keeps the functions of privileges away from rows that are no sequences, which they refuse
const MISSING = `
  select 'read' as kind, format('schema %I', n.nspname) as what, format('GRANT USAGE ON SCHEMA %I TO %I;', n.nspname, $1::text) as statement
  from pg_namespace n where ${userSchema} and ${notOfExtension("pg_namespace", "n.oid")} and not has_schema_privilege(n.oid, 'usage')
    and exists (select from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'p', 'S'))
  union all
  select 'read', format('table %I.%I', nspname, relname), format('GRANT SELECT ON TABLE %I.%I TO %I;', nspname, relname, $1::text)
  from (${TABLES} offset 0) t where not has_table_privilege(oid, 'select')
  union all
  select 'read', format('sequence %I.%I', nspname, relname), format('GRANT SELECT ON SEQUENCE %I.%I TO %I;', nspname, relname, $1::text)
  from (${SEQUENCES} offset 0) s where not has_sequence_privilege(oid, 'select')
  order by 2`;

// has_largeobject_privilege() came with 18
const LARGE_OBJECTS = `
  select 'object' as kind, format('large object %s', o.oid) as what, format('GRANT SELECT ON LARGE OBJECT %s TO %I;', o.oid, $1::text) as statement
  from pg_largeobject_metadata o
  where not (select rolsuper from pg_roles where rolname = current_user) and not pg_has_role(o.lomowner, 'usage')
    and not exists (select from aclexplode(o.lomacl) a where a.privilege_type = 'SELECT' and (a.grantee = 0 or pg_has_role(a.grantee, 'usage')))
  order by o.oid`;

const ROW_SECURITY = `
  select coalesce(array_agg(format('%I.%I', nspname, relname) order by nspname, relname), '{}') as tables
  from (${TABLES} offset 0) t where has_table_privilege(oid, 'select') and row_security_active(oid)`;
