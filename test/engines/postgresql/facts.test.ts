import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { compareFacts, type Facts } from "#domain/facts.ts";
import { databaseFacts } from "#engines/postgresql/facts.ts";
import { nastyDatabase, type Roles } from "./nasty-database.ts";
import { belongings, quote, session, sql, unique } from "./world.ts";

const own = belongings();
let app: string;
let roles: Roles;
let facts: Facts;

beforeAll(async () => {
  roles = { owner: await own.role("owner"), reader: await own.role("reader"), group: await own.role("group") };
  app = await own.database("facts", nastyDatabase(roles));
  facts = await factsAfter("select 1");
});
afterAll(() => own.drop());

describe("X6: a restore would not pass if, of what was captured,", () => {
  it.each([
    ["a row were lost", "delete from child where id = 2"],
    [
      "a row of a partition's partition were lost",
      "delete from measured_2025_1 where at = (select min(at) from measured_2025_1)",
    ],
    ["a table were lost", "drop table empty_table"],
    ["a column were lost", `alter table "$(id)" drop column c`],
    ["a column were NULL-able", "alter table egg alter hen drop not null"],
    ["a column's default were lost", `alter table "$(id)" alter nr drop default`],
    ["a column's type were another", "alter table egg alter hen type bigint"],
    ["an identity were lost", `alter table "$(id)" alter "; drop table x" drop identity`],
    ["a foreign key were lost", "alter table hen drop constraint hen_egg_fkey"],
    [
      "a foreign key did something else on delete",
      "alter table refers drop constraint refers_at_place_fkey; alter table refers add foreign key (at, place) references measured on delete set null",
    ],
    ["a check were lost", `alter table "Sch é""ma ☃"."Ta ble" drop constraint "Ta ble_kind_check"`],
    ["an index were lost", `drop index "ix ☃"`],
    ["a trigger were switched on", "alter table parent enable trigger touch"],
    [
      "a function did something else",
      "create or replace function touch() returns trigger language plpgsql as 'begin return new; end'",
    ],
    ["a function ran with other rights", "alter procedure proc security definer"],
    ["a policy were lost", "drop policy own on parent"],
    ["row security were off", "alter table parent disable row level security"],
    ["an enum had one label more", "alter type mood add value 'new'"],
    ["a domain were lost", "drop domain zip cascade"],
    ["a privilege were lost", `revoke usage on schema public from %group%`],
    ["a column's privilege were lost", `revoke select ("a""b") on "$(id)" from %reader%`],
    [
      "a default privilege were lost",
      `alter default privileges for role %owner% in schema "Sch é""ma ☃" revoke select on tables from %reader%`,
    ],
    ["an owner were another", `alter table hen owner to %reader%`],
    ["a comment were another", 'comment on column "$(id)"."a""b" is \'else\''],
    ["an extension were lost", "drop extension lo"],
    ["a sequence counted otherwise", "alter sequence shared_seq increment 5"],
    ["a sequence belonged to another column", "alter sequence shared_seq owned by hen.id"],
    ["a large object were lost", "select lo_unlink(4713)"],
    ["a byte of a large object were another", "select lo_put(4712, 2500000, 'x')"],
    ["a large object's privilege were lost", "revoke all on large object 4712 from %reader%"],
    ["a publication had a table less", "alter publication pub drop table egg"],
    ["an event trigger were switched on", "alter event trigger noted enable"],
    ["a rule were lost", "drop rule kept on seen"],
    ["a view hid less", "alter view seen reset (security_barrier)"],
    ["a materialized view were empty", "refresh materialized view summed with no data"],
    ["a partition held other bounds", "alter table measured detach partition measured_rest"],
    ["a cast were lost", "drop cast (pair as text)"],
    ["statistics were lost", "drop statistics st"],
    ["a storage option were lost", "alter table egg reset (fillfactor)"],
  ])("%s", async (_what, change) => {
    expect(compareFacts(facts, await factsAfter(change))).not.toEqual([]);
  });
});

it("counts the same facts in a database of other oids, with other dropped columns behind it", async () => {
  const copy = own.alsoDrops(unique("copy"));
  await sql("postgres", `create database ${quote(copy)} template ${quote(app)}`);
  await sql(copy, "alter table hen add column gone int; alter table hen drop column gone; cluster hen");

  expect(compareFacts(facts, await factsAfter("select 1", copy))).toEqual([]);
});

/** In a transaction that is rolled back. */
async function factsAfter(change: string, database = app): Promise<Facts> {
  const client = await session(database);
  try {
    await client.query("set search_path = public; begin");
    await client.query(change.replace(/%(owner|reader|group)%/g, (_, role: keyof Roles) => quote(roles[role])));
    await client.query("set search_path = pg_catalog");
    return await databaseFacts(client);
  } finally {
    await client.end();
  }
}
