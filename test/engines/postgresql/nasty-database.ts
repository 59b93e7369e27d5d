import { quote } from "./world.ts";

export type Roles = { owner: string; reader: string; group: string };

/** A database with one of everything that dumps and restores are known to trip over. */
export const nastyDatabase = ({ owner, reader, group }: Roles) => [
  `create type mood as enum ('sad', 'o''k', 'happy')`,
  `alter type mood add value 'meh' before 'happy'`, // a transaction of its own
  `
create extension pg_trgm; create extension citext; create extension lo;
create schema "Sch é""ma ☃" authorization ${quote(owner)};
grant usage on schema "Sch é""ma ☃" to ${quote(reader)};
alter default privileges for role ${quote(owner)} in schema "Sch é""ma ☃" grant select on tables to ${quote(reader)};
revoke create on schema public from public; grant usage on schema public to ${quote(group)};
create domain zip as text collate "C" not null default '00000' check (value ~ '^[0-9]{5}$');
create type price_range as range (subtype = numeric); create type pair as (a int, b text);
create collation german (provider = libc, locale = 'de_DE.UTF-8'); create collation natural_order (provider = icu, locale = 'en-u-kn-true');
create sequence shared_seq start 7 increment -3 minvalue -1000 maxvalue 100; select nextval('shared_seq'), nextval('shared_seq');
create sequence never_called;
create table "$(id)" ("; drop table x" int generated always as identity, "a""b" text default 'it''s', nr int default nextval('shared_seq'), m mood, z zip, r price_range, p pair, c citext,
  doubled int generated always as (nr * 2) stored, german text collate german, sorted text collate natural_order, primary key ("; drop table x"));
insert into "$(id)" ("a""b", m, z, r, p, german) select 'row ' || i, 'meh', '12345', price_range(0, i), row(i, E'tab\\tnew\\nline\\\\')::pair, 'äöü' from generate_series(1, 50) i;
comment on column "$(id)"."a""b" is 'Ünïcode; -- "quoted" $$'; comment on table "$(id)" is null;
alter table "$(id)" owner to ${quote(owner)}; grant select ("a""b"), insert on "$(id)" to ${quote(reader)} with grant option;
create index "ix ☃" on "$(id)" using gin ("a""b" gin_trgm_ops) where nr > 0; create index on "$(id)" (lower("a""b"), nr desc nulls last) include (m);
create statistics st (dependencies) on nr, m from "$(id)";
create table "Sch é""ma ☃"."Ta ble" (id bigserial primary key, kind varchar(10) check (kind in ('a', 'b')), during tsrange, exclude using gist (during with &&));
alter table "Sch é""ma ☃"."Ta ble" drop column during; alter table "Sch é""ma ☃"."Ta ble" add column later jsonb default '{"a": 1}';
insert into "Sch é""ma ☃"."Ta ble" (kind) values ('a'), ('b');
create table empty_table (); create table also_empty (id uuid default gen_random_uuid()); create unlogged table unlogged_table as select 1 as one;
create table measured (at timestamptz not null, place int, v float8, primary key (at, place)) partition by range (at);
create table measured_2025 partition of measured for values from ('2025-01-01 00:00+00') to ('2026-01-01 00:00+00') partition by list (place);
create table measured_2025_1 partition of measured_2025 for values in (1, 2); create table measured_rest partition of measured default;
create index on measured (v);
insert into measured select '2025-06-01'::timestamptz + i * interval '1 day', 1 + i % 2, random() from generate_series(0, 99) i; insert into measured values ('2030-01-01', 9, 'NaN'), ('2031-01-01', 9, '-Infinity');
create table parent (id int primary key, at timestamp default now()); create table child (extra text) inherits (parent); insert into parent values (1); insert into child values (2, now(), 'x');
create table hen (id int primary key, egg int not null); create table egg (id int primary key, hen int not null references hen deferrable initially deferred);
alter table hen add foreign key (egg) references egg deferrable initially deferred; begin; insert into hen values (1, 1), (2, 2); insert into egg values (1, 2), (2, 1); commit;
create table refers (at timestamptz, place int, foreign key (at, place) references measured on delete cascade);
create function touch() returns trigger language plpgsql as $f$ begin new.at := now(); return new; end $f$;
create function sql_body(x int default 3, variadic y int[] default '{}') returns int language sql immutable parallel safe security definer set search_path = pg_catalog, "Sch é""ma ☃" return x + cardinality(y);
revoke execute on function sql_body from public; grant execute on function sql_body to ${quote(group)};
create procedure proc(inout a int) language plpgsql as 'begin a := a + 1; end'; create aggregate total (int) (sfunc = int4pl, stype = int, initcond = '0');
create operator === (leftarg = int, rightarg = int, function = int4eq); create cast (pair as text) with inout;
create trigger touch before update on parent for each row when (new.id > 0) execute function touch(); alter table parent disable trigger touch; create trigger touch before insert on measured for each row execute function touch(); alter table measured disable trigger touch;
create view seen with (security_barrier) as select id, at from parent where id in (1, 2, 3) with local check option; create rule kept as on delete to seen do instead nothing;
create materialized view summed as select place, count(*) as n from measured group by place; create unique index on summed (place); create materialized view never_filled as select 1 as one with no data;
alter table parent enable row level security; alter table parent force row level security; create policy own on parent as restrictive for select to ${quote(reader)}, ${quote(group)} using (id = 1); create policy everyone on parent using (true);
select lo_from_bytea(4711, 'large'::bytea), lo_from_bytea(4712, convert_to(repeat('0123456789', 300000), 'UTF8')), lo_create(4713);
alter large object 4711 owner to ${quote(owner)}; grant select on large object 4712 to ${quote(reader)}; comment on large object 4712 is 'three million bytes';
create publication pub for table hen, egg with (publish = 'insert');
create function noted() returns event_trigger language plpgsql as 'begin end'; create event trigger noted on ddl_command_end when tag in ('CREATE TABLE') execute function noted(); alter event trigger noted disable;
create text search configuration simple_too (copy = simple); alter table hen replica identity full; alter table egg set (fillfactor = 70, autovacuum_enabled = false); alter table hen cluster on hen_pkey; alter table "$(id)" alter column "a""b" set statistics 77;
create table wide as select i, repeat(md5(i::text), 100) as filling from generate_series(1, 3000) i; create table as_wide as table wide;`,
];

/** What lies outside of the database itself and must come along. */
export const nastyProperties = (database: string, { owner, reader, group }: Roles) => {
  const on = `database ${quote(database)}`;
  return `
alter ${on} owner to ${quote(owner)}; revoke all on ${on} from public; grant connect on ${on} to ${quote(reader)}; grant create, temporary on ${on} to ${quote(group)} with grant option;
alter ${on} set search_path to "Sch é""ma ☃", public, "$user"; alter ${on} set app.secret to 'it''s "secret" \\'; alter ${on} set statement_timeout to '1min'; alter ${on} set default_transaction_read_only to on;
alter role ${quote(reader)} in ${on} set work_mem to '7MB'; alter ${on} connection limit 33; comment on ${on} is 'the ☃ database''s comment';`;
};
