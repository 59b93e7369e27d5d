import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresql } from "#engines/postgresql/engine.ts";
import { shopDatabase } from "./shop-database.ts";
import {
  belongings,
  captured,
  databaseNames,
  engineTools,
  layouts,
  login,
  opener,
  type Point,
  quote,
  restored,
  sql,
  target,
  unique,
} from "./world.ts";

const own = belongings();
let app: string;
let reader: string;

beforeAll(async () => {
  reader = await own.role("reader");
  app = await own.database("shop", shopDatabase(reader));
});
afterAll(() => own.drop());

describe.each(layouts)("of a database that was dumped $layout", ({ jobs, archives }) => {
  let point: Point;
  beforeAll(async () => {
    point = await captured([app], { jobs });
    expect(point.artifacts.map(({ kind }) => kind).slice(2)).toEqual(archives);
  });

  const part = async (only: { schemas?: string[]; tables?: string[] }) => {
    const copy = own.alsoDrops(unique("part"));
    return { copy, ...(await restored(point, { options: { databases: { [app]: copy }, only: { [app]: only } } })) };
  };

  it("AS-19 restores tables with all that is theirs into a database of their own, and nothing else", async () => {
    const tables = ["sales.orders", "sales.lines", 'public."measured"', `"back ""office"."a.b$(id)\n; drop"`];
    const before = await oidOf(app);

    const { copy, kept, putThere, notes, comparedFacts } = await part({ tables });

    expect(await tablesOf(copy)).toEqual([
      `"back ""office"."a.b$(id)\n; drop"`,
      ...["measured", "measured_1", "measured_rest", "sales.lines", "sales.orders"],
    ]);
    for (const table of ["sales.lines", "measured*", `"back ""office"."a.b$(id)\n; drop"`])
      expect(await textOf(copy, table)).toEqual(await textOf(app, table));
    expect(await textOf(copy, "sales.orders")).toEqual(
      (await textOf(app, "sales.orders")).filter((statement) => !/orders_customer_fkey|POLICY known/.test(statement)),
    );
    expect(await sql(copy, "select extname from pg_extension order by 1")).toEqual(
      ["citext", "pg_trgm", "plpgsql"].slice(1).map((extname) => ({ extname })),
    );
    expect(await sql(copy, "select last_value::int from shared")).toEqual([{ last_value: 2099 }]);
    expect(notes).toEqual([
      expect.stringContaining(`database "${copy}" holds `),
      expect.stringContaining(`psql --dbname='${copy}' --command='COPY `),
      `when nobody needs it any more: DROP DATABASE "${copy}";`,
      `not in "${copy}": fk constraint sales: orders orders_customer_fkey: it needs public.customers`,
      `not in "${copy}": policy sales: orders known: it needs public.customers`,
    ]);
    expect({ kept, putThere }).toMatchObject({ kept: [], putThere: [{ name: copy }] });
    expect(comparedFacts).toBeGreaterThan(10);
    await sql(app, `delete from "back ""office"."a.b$(id)\n; drop"`);
    await inBash(notes[1]?.split("a table at a time: ")[1] ?? "false");
    expect(await sql(app, `select "x y" from "back ""office"."a.b$(id)\n; drop"`)).toHaveLength(2);
    expect(await oidOf(app)).toEqual(before);
  });

  it("restores a schema with its views, functions and sequences, and names those that need another table", async () => {
    const { copy, notes } = await part({ schemas: ["sales"] });

    expect(await tablesOf(copy)).toEqual(["sales.lines", "sales.orders"]);
    expect(await sql(copy, "select viewname from pg_views where schemaname = 'sales'")).toEqual([
      { viewname: "happy" },
    ]);
    expect(await sql(copy, "select n::int, sales.twice(4), last_value::int from sales.counted, sales.alone")).toEqual([
      { n: 2000, twice: 8, last_value: 1 },
    ]);
    expect(notes).toContain(`not in "${copy}": view sales: who_twice: it needs sales.who`);
    expect(notes).toContain(`not in "${copy}": view sales: who: it needs public.customers`);
  });

  it("makes a table of a partition that is asked for alone", async () => {
    const { copy, notes } = await part({ tables: ["public.measured_1"] });

    expect(await sql(copy, "select count(*)::int as n from measured_1")).toEqual([{ n: 30 }]);
    expect(notes).toContain(`not in "${copy}": table attach public: measured_1: it needs public.measured`);
  });

  it("refuses a table that can't be without another one, and names that are not there, with all that there are", async () => {
    await expect(part({ tables: ["public.child"] })).rejects.toThrow(
      "public.child can't be without public.parent; name those tables, too. Nothing was loaded",
    );
    await expect(part({ schemas: ["Sales"], tables: ["public.lines", "sales.orders"] })).rejects.toThrow(
      /schemas: Sales is not in it; tables: public.lines is not in it; it holds the tables .*"back ""office"\..*sales\.lines/s,
    );
    expect((await databaseNames()).filter((name) => name.startsWith("holdfast_2026"))).toEqual([]);
  });

  it("does not put in what is not what was captured", async () => {
    const { facts } = point;
    const changed = structuredClone(facts) as { databases: Record<string, { rows: Record<string, number> }> };
    Object.assign(changed.databases[app]?.rows ?? {}, { "sales.lines": 1999, "public.customers": 0 });
    const options = (table: string) => ({
      databases: { [app]: own.alsoDrops(unique("no")) },
      only: { [app]: { tables: [table] } },
    });

    await restored({ ...point, facts: changed }, { options: options("sales.orders") });
    await expect(restored({ ...point, facts: changed }, { options: options("sales.lines") })).rejects.toMatchObject({
      name: "FactsDiffer",
      message: expect.stringContaining("sales.lines: captured 1999, restored 2000"),
    });
  });

  it("never takes the place of a database, whether it is there before or comes while the part is loaded", async () => {
    const there = await own.database("there", "create table mine ()");
    const late = own.alsoDrops(unique("late"));
    const options = (name: string) => ({ databases: { [app]: name }, only: { [app]: { tables: ["sales.lines"] } } });

    const { problems } = await postgresql.inspect(engineTools(), target, { ...point, options: options(there) });
    await expect(restored(point, { options: options(there) })).rejects.toThrow("There is a database");
    await expect(
      restored(point, {
        options: options(late),
        onPhase: async (name) => {
          if (name === "swap") await sql("postgres", `create database ${quote(late)}`);
        },
      }),
    ).rejects.toThrow("already exists");

    expect(problems).toEqual([expect.stringContaining(`There is a database "${there}" already`)]);
    expect(await tablesOf(there)).toEqual(["mine"]);
    expect(await tablesOf(late)).toEqual([]);
    await expect(restored(point, { options: options(app) })).rejects.toThrow("a name of its own");
  });
});

it("reads archives in which there are none of the chosen rows no further than their lists", async () => {
  const point = await captured([app], { jobs: 3 });
  const read = new Map<string, number>();
  const open: ReturnType<typeof opener> = async function* (artifact) {
    for await (const chunk of opener(point)(artifact)) {
      read.set(artifact.kind, (read.get(artifact.kind) ?? 0) + chunk.length);
      yield chunk;
    }
  };
  const size = (kind: string) => point.artifacts.find((artifact) => artifact.kind === kind)?.bytes ?? 0;

  await restored(point, {
    open,
    options: { databases: { [app]: own.alsoDrops(unique("few")) }, only: { [app]: { tables: ["public.parent"] } } },
  });

  const unread = ["data-01", "data-02", "data-03"].filter((kind) => (read.get(kind) ?? 0) < size(kind));
  expect(unread.length).toBeGreaterThanOrEqual(2);
});

it("says everything that is wrong with what is asked for", () => {
  const { error } = postgresql.restoreOptions.safeParse({
    databases: { app: "app", logs: "logs_1" },
    only: { app: { tables: ["public.a"] }, gone: { schemas: ["s"] }, logs: {} },
  });
  const { error: names } = postgresql.restoreOptions.safeParse({
    databases: { app: "copy" },
    only: { app: { tables: ["orders", 'public.a"b', "public.a.b"], schemas: [] } },
  });

  expect([...(error?.issues ?? []), ...(names?.issues ?? [])].map(({ path }) => path.join("."))).toEqual([
    ...["only.logs", "databases.app", "databases.gone"],
    ...["only.app.schemas", "only.app.tables.0", "only.app.tables.1", "only.app.tables.2"],
  ]);
});

const oidOf = (database: string) => sql("postgres", `select oid from pg_database where datname = '${database}'`);

const tablesOf = async (database: string) =>
  (
    await sql(
      database,
      `select oid::regclass::text as name from pg_class where relkind in ('r', 'p') and oid >= 16384 and relnamespace::regnamespace::text not in ('pg_toast', 'pg_catalog') order by 1`,
    )
  ).map(({ name }) => name);

const { username, password, host, port } = login();
const env = { PGHOST: host, PGPORT: String(port), PGUSER: username, PGPASSWORD: password };
const inBash = (line: string) =>
  engineTools().commands.run(
    { file: "bash", args: ["-euo", "pipefail", "-c", line], env },
    new AbortController().signal,
  );

/** Every statement that pg_dump has for a table. */
async function textOf(database: string, table: string): Promise<string[]> {
  const { stdout } = await engineTools().commands.run(
    {
      file: "pg_dump",
      args: ["--restrict-key=x", `--table=${table}`],
      env: { ...env, PGDATABASE: database },
    },
    new AbortController().signal,
  );
  return stdout.split(/\n--\n-- (?=Name: )/);
}
