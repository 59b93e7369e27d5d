import { quote } from "./world.ts";

/** What chosen tables hang on, what hangs on them, and names that patterns and lists in text stumble over. */
export const shopDatabase = (role: string) => [
  `
create extension citext; create extension pg_trgm; create type mood as enum ('sad', 'happy'); create domain zip as text check (value ~ '^[0-9]{5}$');
create schema sales; grant usage on schema sales to ${quote(role)}; create schema "back ""office"; create sequence shared start 100;
create table customers (id int generated always as identity primary key, name citext, zip zip); insert into customers (name, zip) select 'Ada ' || i, '12345' from generate_series(1, 100) i;
create table sales.orders (id serial primary key, customer int not null references customers, kind mood default 'happy', number int default nextval('shared'), note text, doubled int generated always as (number * 2) stored);
insert into sales.orders (customer, note) select 1 + i % 100, 'note ' || i from generate_series(1, 2000) i;
create index trigrams on sales.orders using gin (note gin_trgm_ops); comment on column sales.orders.note is 'a note'; grant select on sales.orders to ${quote(role)};
alter table sales.orders enable row level security; create policy own on sales.orders to ${quote(role)} using (kind = 'happy'); create policy known on sales.orders using (customer in (select id from customers));
create function touch() returns trigger language plpgsql as $f$ begin new.note := 'touched'; return new; end $f$; create trigger touch before update on sales.orders for each row execute function touch();
create table sales.lines (orders int references sales.orders on delete cascade, line int, primary key (orders, line)); insert into sales.lines select id, 1 from sales.orders; create statistics sales.both on orders, line from sales.lines;
create view sales.happy as select * from sales.orders where kind = 'happy'; create view sales.who as select name from sales.orders o join customers c on c.id = o.customer; create view sales.who_twice as select * from sales.who;
create materialized view sales.counted as select count(*) as n from sales.lines; create function sales.twice(i int) returns int language sql return i * 2; create sequence sales.alone; select nextval('sales.alone');
create table "back ""office"."a.b$(id)
; drop" ("x y" text primary key); insert into "back ""office"."a.b$(id)
; drop" values ('1'), ('2');
create table measured (at date, v int) partition by range (at); create table measured_1 partition of measured for values from ('2025-01-01') to ('2026-01-01'); create table measured_rest partition of measured default;
create index on measured (v); insert into measured select '2025-12-01'::date + i, i from generate_series(1, 60) i;
create table parent (id int primary key); create table child (extra text) inherits (parent); insert into child values (1, 'x');
create table filling as select i, repeat(md5(i::text), 30) as filling from generate_series(1, 3000) i; create table filling_2 as table filling; create table filling_3 as table filling;
create table attached (f oid); insert into attached select lo_from_bytea(7, 'seven'); create publication pub for table sales.orders, customers;`,
];
