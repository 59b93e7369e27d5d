import { line, notOfExtension, owner, privileges, userSchema } from "./catalog-sql.ts";

/** Everything below belongs to the server itself (FirstNormalObjectId in src/include/access/transam.h). */
const FIRST_OF_USERS = 16_384;
const OTHERS = [
  "pg_cast",
  "pg_operator",
  "pg_opclass",
  "pg_opfamily",
  "pg_conversion",
  "pg_collation",
  "pg_language",
  "pg_transform",
  "pg_ts_config",
  "pg_ts_dict",
  "pg_ts_parser",
  "pg_ts_template",
  "pg_am",
  "pg_foreign_data_wrapper",
  "pg_foreign_server",
  "pg_statistic_ext",
];

/** What is said of everything that is not a relation, a line for each; names instead of oids. */
export const objectListings: Record<string, string> = {
  functions: `select ${line(
    "n.nspname",
    "p.proname",
    "pg_get_function_identity_arguments(p.oid)",
    "format_type(p.prorettype, null)",
    "p.prokind",
    "(select lanname from pg_language where oid = p.prolang)",
    "md5(p.prosrc)",
    "p.provolatile",
    "p.proparallel",
    "p.proisstrict",
    "p.prosecdef",
    "p.proleakproof",
    "p.proretset",
    "p.procost",
    "p.prorows",
    "p.proconfig",
    owner("p.proowner"),
    privileges("p.proacl", "f", "p.proowner"),
  )} from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${userSchema} and ${notOfExtension("pg_proc", "p.oid")}`,
  types: `select ${line(
    "n.nspname",
    "t.typname",
    "t.typtype",
    "case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end",
    "t.typnotnull",
    "t.typdefault is not null",
    "(select collname from pg_collation where oid = t.typcollation)",
    "(select json_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)",
    "(select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid)",
    owner("t.typowner"),
    privileges("t.typacl", "T", "t.typowner"),
  )} from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where t.typtype in ('b', 'd', 'e', 'r', 'm', 'c') and not exists (select from pg_type el where el.typarray = t.oid) and ${userSchema} and ${notOfExtension("pg_type", "t.oid")}
      and (t.typrelid = 0 or (select relkind from pg_class where oid = t.typrelid) = 'c')`,
  // under `pg_database_owner`-like names only where somebody has set them
  defaultPrivileges: `select ${line(
    "pg_get_userbyid(d.defaclrole)",
    "(select nspname from pg_namespace where oid = d.defaclnamespace)",
    "d.defaclobjtype",
    `(
    select string_agg(distinct g, ', ' order by g) from (select (case a.grantee when 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(a.grantee)) end || ' ' || a.privilege_type) collate "C" as g from aclexplode(d.defaclacl) a where a.privilege_type <> 'MAINTAIN') x)`,
  )}
    from pg_default_acl d`,
  eventTriggers: `select ${line("t.evtname", "t.evtevent", "t.evtenabled", "t.evtfoid::regprocedure::text", "t.evttags", owner("t.evtowner"))}
    from pg_event_trigger t where ${notOfExtension("pg_event_trigger", "t.oid")}`,
  publications: `select ${line("p.pubname", owner("p.pubowner"), "p.puballtables", "p.pubinsert", "p.pubupdate", "p.pubdelete", "p.pubtruncate", "p.pubviaroot", "(select json_agg(r.prrelid::regclass::text order by r.prrelid::regclass::text) from pg_publication_rel r where r.prpubid = p.oid)")}
    from pg_publication p`,
  subscriptions: `select ${line("s.subname", owner("s.subowner"), "s.subpublications")}
    from pg_subscription s where s.subdbid = (select oid from pg_database where datname = current_database())`,
  others: `select ${line("o.kind", "i.type", "i.identity")}
    from (${OTHERS.map((catalog) => `select '${catalog}' as kind, '${catalog}'::regclass as catalog, oid from ${catalog}`).join(" union all ")}) o,
      lateral pg_identify_object(o.catalog, o.oid, 0) i
    where o.oid >= ${FIRST_OF_USERS} and coalesce(i.schema, '') not in ('pg_catalog', 'information_schema')
      and not exists (select from pg_depend e where e.classid = o.catalog and e.objid = o.oid and e.deptype = 'e')`,
  comments: `select ${line("i.type", "i.identity", "md5(d.description)")}
    from pg_description d, lateral pg_identify_object(d.classoid, d.objoid, d.objsubid) i
    where (d.objoid >= ${FIRST_OF_USERS} or (d.classoid = 'pg_namespace'::regclass and i.identity = 'public'))
      and coalesce(i.schema, '') not in ('pg_catalog', 'information_schema')
      and not exists (select from pg_depend e where e.classid = d.classoid and e.objid = d.objoid and e.deptype = 'e')`,
};
