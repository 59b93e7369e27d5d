import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresql } from "#engines/postgresql/engine.ts";
import { nastyDatabase, nastyProperties, type Roles } from "./nasty-database.ts";
import {
  belongings,
  captured,
  engineTools,
  layouts,
  login,
  opener,
  quote,
  restored,
  server,
  sql,
  unique,
} from "./world.ts";

const own = belongings();
let roles: Roles;
let app: string;

beforeAll(async () => {
  roles = {
    owner: await own.role("own er"),
    reader: await own.role('re"ader $(id)', "login password 'geheim' connection limit 3 valid until '2040-01-01'"),
    group: await own.role("group", "nologin createdb"),
  };
  await sql(
    "postgres",
    `grant ${quote(roles.group)} to ${quote(roles.reader)} with admin option; alter role ${quote(roles.reader)} set search_path to "a b", public; comment on role ${quote(roles.reader)} is 'it''s; -- a reader'`,
  );
  app = await own.database(
    "a=pp $(id) 'ü'",
    nastyDatabase(roles),
    "template template0 encoding 'UTF8' locale_provider icu icu_locale 'de-DE' lc_collate 'de_DE.UTF-8' lc_ctype 'de_DE.UTF-8'",
  );
  await sql("postgres", nastyProperties(app, roles));
});
afterAll(() => own.drop());

describe.each(layouts)("$layout", ({ jobs, archives }) => {
  it("AP-14 IS-13 X6: restores a database with one of everything under another name: every fact and pg_dump's text are the same", async () => {
    const copy = own.alsoDrops(unique("copy"));

    const point = await captured([app], { jobs });
    const { wrong } = await postgresql.verify({ ...engineTools(), open: opener(point) }, point);
    const result = await restored(point, { options: { databases: { [app]: copy } } });

    expect(point.artifacts.map(({ kind }) => kind)).toEqual(["globals", "properties", ...archives]);
    expect(wrong).toEqual([]);
    expect(result.phases).toEqual(["load", "compare", "swap"]);
    expect(result.kept).toEqual([]);
    expect(result.comparedFacts).toBeGreaterThan(50);
    expect(await textOf(copy)).toEqual(await textOf(app));
    expect(await propertiesOf(copy)).toEqual(await propertiesOf(app));
  });

  it("GL-9 X6: makes the roles that the target lacks as they were, with memberships, settings and passwords, and alters none that is there", async () => {
    const made = {
      lost: await own.role("lost", "login password 'geheim' connection limit 3"),
      there: await own.role("there", "login"),
      other: await own.role("other"),
    };
    const { lost, there, other } = made;
    const db = await own.database("roles", `create table t (); alter table t owner to ${quote(lost)}`);
    const setUp = `grant ${quote(there)} to ${quote(lost)} with admin option; grant ${quote(lost)} to ${quote(other)}; alter role ${quote(lost)} set search_path to "a b", public; comment on role ${quote(lost)} is 'it''s; lost'`;
    await sql("postgres", setUp);
    const before = await roleAsIs(lost);
    const ofRoles = await captured([db], { jobs });
    await sql("postgres", `drop database ${quote(db)}`);
    await sql("postgres", `drop role ${quote(lost)}; alter role ${quote(there)} nologin`);

    const result = await restored(ofRoles);

    expect(await roleAsIs(lost)).toEqual(before);
    expect(
      await sql(
        "postgres",
        `select rolcanlogin, pg_has_role('${other}', '${lost}', 'member') as is_member from pg_roles where rolname = '${there}'`,
      ),
    ).toEqual([{ rolcanlogin: false, is_member: false }]);
    expect(result.notes).toEqual([expect.stringContaining(`GRANT ${lost} TO ${other}`)]);
  });

  it("restores a database without a public schema and without plpgsql as one without them", async () => {
    const bare = await own.database(
      "bare",
      "drop schema public; drop extension plpgsql; create schema s; create table s.t (i int)",
    );

    await restored(await captured([bare], { jobs }));

    expect(await sql(bare, "select nspname from pg_namespace where nspname in ('public', 's')")).toEqual([
      { nspname: "s" },
    ]);
    expect(await sql(bare, "select from pg_extension")).toEqual([]);
  });

  it("takes a materialized view that was stale for a faithful restore, though pg_restore refreshes it", async () => {
    const stale = await own.database(
      "stale",
      "create table t as select 1 as i; create materialized view m as select * from t; insert into t values (2)",
    );

    await restored(await captured([stale], { jobs }));

    expect(await sql(stale, "select count(*)::int as n from m")).toEqual([{ n: 2 }]);
  });
});

/** What pg_dump makes of a database, without what is random. */
async function textOf(database: string): Promise<string[]> {
  const { stdout } = await engineTools().commands.run(
    {
      file: "pg_dump",
      args: [],
      env: {
        PGHOST: server.host,
        PGPORT: String(server.port),
        PGUSER: login().username,
        PGPASSWORD: login().password,
        PGDATABASE: database,
      },
    },
    new AbortController().signal,
  );
  // the server itself writes `kind in ('a', 'b')` in another way once it has read its own writing back
  return stdout.split("\n").filter((line) => !/^\\(un)?restrict |CONSTRAINT "Ta ble_kind_check"/.test(line));
}

const propertiesOf = (database: string) =>
  sql(
    "postgres",
    `select pg_get_userbyid(datdba), encoding, datlocprovider, datlocale, datcollate, datctype, datconnlimit, (select array_agg(a::text order by a::text) from unnest(datacl) a) as acl, datallowconn, shobj_description(oid, 'pg_database'),
    (select json_agg(json_build_array(setrole::regrole, (select array_agg(c order by c) from unnest(setconfig) c)) order by setrole) from pg_db_role_setting s where setdatabase = d.oid) from pg_database d where datname = '${database.replaceAll("'", "''")}'`,
  );

const roleAsIs = (role: string) =>
  sql(
    "postgres",
    `select rolsuper, rolcanlogin, rolconnlimit, rolpassword, rolvaliduntil, shobj_description(oid, 'pg_authid') as comment,
    (select json_agg(setconfig) from pg_db_role_setting where setrole = a.oid) as settings,
    (select json_agg(json_build_array(roleid::regrole::text, admin_option)) from pg_auth_members where member = a.oid) as member_of from pg_authid a where rolname = '${role}'`,
  );
