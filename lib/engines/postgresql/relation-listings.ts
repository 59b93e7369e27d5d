import { line, maybe, notOfExtension, owner, privileges, SEQUENCES, userSchema } from "./catalog-sql.ts";

const columns = (relation: string, numbers: string, order = "ord") => `(
  select json_agg(coalesce(at.attname, '<expression>') order by ${order}) from unnest(${numbers}) with ordinality u(num, ord)
  left join pg_attribute at on at.attrelid = ${relation} and at.attnum = u.num)`;
const relations = (kinds: string) =>
  `pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in (${kinds}) and c.relpersistence <> 't' and ${userSchema} and ${notOfExtension("pg_class", "c.oid")}`;
const ofRelation = (kinds = "'r','p','v','m','f'") => `select c.* , n.nspname from ${relations(kinds)}`;

/** What is said of tables, views and what hangs on them, a line for each; names instead of oids. */
export const relationListings: Record<string, string> = {
  schemas: `select ${line("n.nspname", owner("n.nspowner"), privileges("n.nspacl", "n", "n.nspowner"))}
    from pg_namespace n where ${userSchema} and ${notOfExtension("pg_namespace", "n.oid")}`,
  relations: `select ${line(
    "n.nspname",
    "c.relname",
    "c.relkind",
    "c.relpersistence",
    owner("c.relowner"),
    "c.relrowsecurity",
    "c.relforcerowsecurity",
    "c.relreplident",
    "(select json_agg(o order by o) from unnest(c.reloptions) o)",
    "pg_get_expr(c.relpartbound, c.oid)",
    "(select json_agg(i.inhparent::regclass::text order by i.inhseqno) from pg_inherits i where i.inhrelid = c.oid)",
    privileges("c.relacl", "r", "c.relowner"),
  )} from ${relations("'r','p','v','m','f','c'")}`,
  columns: `select ${line(
    "c.nspname",
    "c.relname",
    "row_number() over (partition by c.oid order by a.attnum)",
    "a.attname",
    "format_type(a.atttypid, a.atttypmod)",
    "a.attnotnull",
    "a.attidentity",
    "a.attgenerated",
    "a.atthasdef",
    "(select collname from pg_collation where oid = a.attcollation)",
    "a.attstorage",
    `coalesce(${maybe("a", "attcompression")}, '')`,
    "nullif(a.attstattarget, -1)",
    "a.attoptions",
    `coalesce(${privileges("a.attacl", "c", "c.relowner")}, '')`,
  )} from (${ofRelation("'r','p','v','m','f','c'")}) c join pg_attribute a on a.attrelid = c.oid where a.attnum > 0 and not a.attisdropped`,
  // not those that the server makes for partitions by itself, under names that it chooses
  constraints: `select ${line(
    "k.connamespace::regnamespace::text",
    "nullif(k.conrelid, 0)::regclass::text",
    "nullif(k.contypid, 0)::regtype::text",
    "k.conname",
    "k.contype",
    "k.condeferrable",
    "k.condeferred",
    "k.convalidated",
    columns("k.conrelid", "k.conkey", "case when k.contype = 'c' then at.attname end, ord"),
    "nullif(k.confrelid, 0)::regclass::text",
    columns("k.confrelid", "k.confkey"),
    "k.confupdtype",
    "k.confdeltype",
    "k.confmatchtype",
  )} from pg_constraint k join pg_namespace n on n.oid = k.connamespace
    where k.contype in ('c', 'f', 'p', 'u', 'x', 't') and (k.contype <> 'f' or k.conparentid = 0) and ${userSchema}
      and ${notOfExtension("pg_class", "k.conrelid")} and ${notOfExtension("pg_type", "k.contypid")}`,
  indexes: `select ${line(
    "i.indexrelid::regclass::text",
    "i.indrelid::regclass::text",
    "(select amname from pg_am where oid = x.relam)",
    "i.indisunique",
    "i.indisprimary",
    `coalesce(${maybe("i", "indnullsnotdistinct")}, 'false')`,
    "i.indisclustered",
    "i.indisreplident",
    "i.indnkeyatts",
    columns("i.indrelid", "i.indkey::int2[]"),
    "(select json_agg(oc.opcname order by ord) from unnest(i.indclass::oid[]) with ordinality u(o, ord) join pg_opclass oc on oc.oid = o)",
    "(select json_agg(co.collname order by ord) from unnest(i.indcollation::oid[]) with ordinality u(o, ord) left join pg_collation co on co.oid = o)",
    "i.indoption::text",
    "i.indpred is not null",
    "x.reloptions",
  )} from (${ofRelation()}) c join pg_index i on i.indrelid = c.oid join pg_class x on x.oid = i.indexrelid where i.indisvalid or x.relkind = 'I'`,
  triggers: `select ${line("c.nspname", "c.relname", "t.tgname", "t.tgenabled", "t.tgtype", "t.tgfoid::regprocedure::text", columns("c.oid", "t.tgattr::int2[]"), "t.tgdeferrable", "t.tginitdeferred", "md5(t.tgargs)")}
    from (${ofRelation()}) c join pg_trigger t on t.tgrelid = c.oid where not t.tgisinternal`,
  rules: `select ${line("c.nspname", "c.relname", "r.rulename", "r.ev_type", "r.is_instead", "r.ev_enabled")}
    from (${ofRelation()}) c join pg_rewrite r on r.ev_class = c.oid`,
  policies: `select ${line("c.nspname", "c.relname", "p.polname", "p.polcmd", "p.polpermissive", "p.polqual is not null", "p.polwithcheck is not null", "(select json_agg(case r when 0 then 'PUBLIC' else pg_get_userbyid(r) end order by case r when 0 then 'PUBLIC' else pg_get_userbyid(r) end) from unnest(p.polroles) r)")}
    from (${ofRelation()}) c join pg_policy p on p.polrelid = c.oid`,
  sequences: `select ${line("s.nspname", "s.relname", "format_type(q.seqtypid, null)", "q.seqstart", "q.seqincrement", "q.seqmin", "q.seqmax", "q.seqcache", "q.seqcycle", owner("c.relowner"), privileges("c.relacl", "s", "c.relowner"), "(select json_agg(json_build_array(d.refobjid::regclass::text, at.attname)) from pg_depend d join pg_attribute at on at.attrelid = d.refobjid and at.attnum = d.refobjsubid where d.classid = 'pg_class'::regclass and d.objid = s.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i'))")}
    from (${SEQUENCES}) s join pg_class c on c.oid = s.oid join pg_sequence q on q.seqrelid = s.oid`,
};
