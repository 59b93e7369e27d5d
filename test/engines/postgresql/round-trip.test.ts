import { afterAll, beforeAll, expect, it } from "vitest";
import { nastyDatabase, nastyProperties, type Roles } from "./nasty-database.ts";
import { belongings, captured, engineTools, type Point, quote, restored, server, sql, unique } from "./world.ts";

const own = belongings();
let roles: Roles;
let app: string;
let point: Point;

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
  point = await captured([app]);
});
afterAll(() => own.drop());

it("X6: restores a database with one of everything under another name: every fact and pg_dump's text are the same", async () => {
  const copy = own.alsoDrops(unique("copy"));

  const result = await restored(point, { options: { databases: { [app]: copy } } });

  expect(result.phases).toEqual(["load", "compare", "swap"]);
  expect(result.kept).toEqual([]);
  expect(result.comparedFacts).toBeGreaterThan(60);
  expect(await textOf(copy)).toEqual(await textOf(app));
  expect(await propertiesOf(copy)).toEqual(await propertiesOf(app));
});

/** What pg_dump makes of a database, without the line that is random. */
async function textOf(database: string): Promise<string[]> {
  const { stdout } = await engineTools().commands.run(
    {
      file: "pg_dump",
      args: [],
      env: { PGHOST: server.host, PGPORT: String(server.port), ...(await login()), PGDATABASE: database },
    },
    new AbortController().signal,
  );
  return stdout.split("\n").filter((line) => !/^\\(un)?restrict /.test(line));
}

const login = async () => {
  const { username = "", password = "" } = await engineTools().secrets.read("");
  return { PGUSER: username, PGPASSWORD: password };
};

const propertiesOf = (database: string) =>
  sql(
    "postgres",
    `select pg_get_userbyid(datdba), encoding, datlocprovider, datlocale, datcollate, datctype, datconnlimit, datacl::text, datallowconn, shobj_description(oid, 'pg_database'),
    (select json_agg(json_build_array(setrole::regrole, setconfig) order by setrole) from pg_db_role_setting s where setdatabase = d.oid) from pg_database d where datname = '${database.replaceAll("'", "''")}'`,
  );
