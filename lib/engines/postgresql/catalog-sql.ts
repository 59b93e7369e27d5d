/** Schemas whose objects pg_dump dumps. `n` is pg_namespace. */
export const userSchema = String.raw`(n.nspname not like 'pg\_%' and n.nspname <> 'information_schema')`;

/** Objects of extensions come with `CREATE EXTENSION`, and differ between its versions. */
export const notOfExtension = (catalog: string, oid: string) =>
  `not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_catalog.${catalog}'::regclass and e.objid = ${oid} and e.deptype = 'e')`;

/**
 * Tables whose rows pg_dump dumps, as `oid, nspname, relname, relkind, condition`: those of the user, and those that an
 * extension has marked as holding the user's rows, with its condition.
 */
export const TABLES = `
  select c.oid, n.nspname, c.relname, c.relkind, null::text as condition
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and c.relpersistence <> 't' and ${userSchema} and ${notOfExtension("pg_class", "c.oid")}
  union all
  select c.oid, n.nspname, c.relname, c.relkind, coalesce(cfg.condition, '')
  from pg_catalog.pg_extension x, unnest(x.extconfig, x.extcondition) as cfg(relation, condition)
  join pg_catalog.pg_class c on c.oid = cfg.relation join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r'`;

export const SEQUENCES = `
  select c.oid, n.nspname, c.relname
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'S' and c.relpersistence <> 't' and ${userSchema} and ${notOfExtension("pg_class", "c.oid")}`;

/**
 * An access control list, without grantors, and `default` when it says what no list at all would say: pg_dump makes no
 * difference there. MAINTAIN came with 17 and would tell any older source from its restore.
 */
export const privileges = (acl: string, kind: string, owner: string) => `
  case when ${acl} is null or ${granted(acl)} is not distinct from ${granted(`acldefault('${kind}', ${owner})`)}
    then 'default' else ${granted(acl)} end`;

const granted = (acl: string) => `(
  select string_agg(distinct ${GRANT}, ', ' order by ${GRANT}) from aclexplode(${acl}) a where a.privilege_type <> 'MAINTAIN')`;
const GRANT = `(case a.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(a.grantee)) end || ' ' || a.privilege_type
  || case when a.is_grantable then '*' else '' end) collate "C"`;

/** One line of a listing; NULLs stay NULLs. */
export const line = (...values: string[]) => `json_build_array(${values.join(", ")})::text as line`;
export const owner = (oid: string) => `pg_get_userbyid(${oid})`;
/** A column that only some versions have. */
export const maybe = (row: string, column: string) => `to_jsonb(${row})->>'${column}'`;
