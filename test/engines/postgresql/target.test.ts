import { afterAll, describe, expect, it } from "vitest";
import type { Facts } from "#domain/facts.ts";
import { postgresql } from "#engines/postgresql/engine.ts";
import {
  belongings,
  captured,
  engineTools,
  layouts,
  type Point,
  pointOf,
  quote,
  restored,
  session,
  sql,
  target,
  unique,
  type Who,
} from "./world.ts";

const own = belongings();
afterAll(() => own.drop());

const inspect = (point: Point, options: Record<string, unknown> = {}, who?: Who) =>
  postgresql.inspect(engineTools(who ? { who } : {}), target, pointOf(point, options));

describe("X1: what a restore would meet", () => {
  it("is named, in words and with a mark, under the names that the databases will have", async () => {
    const [app, other] = [
      await own.database("app", "create table t (); create table u ()"),
      await own.database("other"),
    ];
    const point = await captured([app]);

    expect(await inspect(point)).toMatchObject({
      problems: [],
      holds: [{ name: app, what: expect.stringMatching(/^database "app_\w+", [\d.]+ MB, 2 tables$/) }],
    });
    expect((await inspect(point, { databases: { [app]: other } })).holds).toMatchObject([{ name: other }]);
    expect((await inspect(point, { databases: { [app]: unique("nothing") } })).holds).toEqual([]);
  });

  it("is recognised as what holdfast put there, until somebody writes to it", async () => {
    const app = await own.database("app", "create table t as select generate_series(1, 5) i; create table kept ()");
    const point = await captured([app]);

    const { putThere } = await restored(point);

    const marks = async () => (await inspect(point)).holds.map(({ name, mark }) => ({ name, mark }));
    expect(await marks()).toEqual(putThere);
    await sql(app, "select count(*) from t");
    await sql(app, "vacuum analyze t");
    expect(await marks()).toEqual(putThere);
    await sql(app, "update t set i = i"); // as many rows as before
    await expect.poll(marks).not.toEqual(putThere);
  });

  it("is not recognised when another database stands there under the same name", async () => {
    const app = await own.database("app", "create table t ()");
    const point = await captured([app]);
    const { putThere } = await restored(point);

    await sql("postgres", `drop database ${quote(app)}`);
    await sql("postgres", `create database ${quote(app)}`);
    await sql(app, "create table t ()");

    expect((await inspect(point)).holds[0]?.mark).not.toEqual(putThere[0]?.mark);
  });

  it("has no mark to be recognised by when nobody can look into it", async () => {
    const app = await own.database("app");
    const point = await captured([app]);
    await sql("postgres", `alter database ${quote(app)} allow_connections false`);

    expect((await inspect(point)).holds).toMatchObject([
      { what: expect.stringContaining("can't look into"), mark: expect.stringMatching(/^unreadable/) },
    ]);
  });
});

describe("X5: a target that can't take the point is told from one that can, with what mends it:", () => {
  it.each([
    ["an older server", { about: { serverVersion: "18.1" } }, "Name a target with PostgreSQL 18 or newer"],
    [
      "an extension that is not installed",
      { databases: { extensions: { postgis: true } } },
      'The extension "postgis" is not installed',
    ],
    [
      "a locale that was never generated",
      { databases: { properties: { collate: "tlh_QO.UTF-8", ctype: "tlh_QO.UTF-8" } } },
      "locale-gen",
    ],
    [
      "an ICU locale that is none",
      { databases: { properties: { provider: "b", locale: "klingon" } } },
      "The target has no locale",
    ],
  ])("%s", async (_name, changes, said) => {
    const app = await own.database("app");
    const point = await captured([app]);
    const facts = changed(point.facts, app, changes);

    const { problems } = await inspect({ ...point, facts });

    expect(problems).toEqual([expect.stringContaining(said)]);
    await expect(restored({ ...point, facts })).rejects.toMatchObject({ name: "TargetUnfit" });
  });

  it("a prepared transaction, which would keep the database from being renamed", async () => {
    const app = await own.database("prepared", "create table t ()");
    const point = await captured([app]);
    const gid = unique("two_phase");
    const client = await session(app);
    await client.query(`begin; insert into t default values; prepare transaction '${gid}'`);

    const { problems } = await inspect(point);
    await client.query(`rollback prepared '${gid}'`);
    await client.end();

    expect(problems).toEqual([expect.stringContaining(`ROLLBACK PREPARED '${gid}'`)]);
  });

  it.each(layouts)(
    "a user without the rights that a restore needs, who has them once every statement was run, $layout",
    async ({ jobs }) => {
      const owner = await own.role("owner");
      const username = await own.role("restorer", "login password 'geheim'");
      const app = await own.database(
        "app",
        ["t", "u", "v"].map(
          (table) =>
            `create table ${table} as select 1 as i; alter table ${table} owner to ${quote(owner)}; revoke insert on ${table} from ${quote(owner)}`,
        ),
      );
      await sql("postgres", `alter database ${quote(app)} owner to ${quote(owner)}`);
      const point = await captured([app], { jobs });
      const restorer = { username, password: "geheim" };

      const { problems } = await inspect(point, {}, restorer);

      expect(problems).toHaveLength(4);
      for (const problem of problems) await sql("postgres", problem.slice(problem.indexOf(": ") + 2));
      expect(await inspect(point, {}, restorer)).toMatchObject({ problems: [] });
      await sql(app, "drop table t");
      await restored(point, { who: restorer });
      expect(await sql(app, "select tableowner from pg_tables where tablename = 't'")).toEqual([{ tableowner: owner }]);
    },
  );
});

it("refuses options that name what the point does not hold", async () => {
  const app = await own.database("app");
  const point = await captured([app]);

  await expect(inspect(point, { databases: { nothing: "x" } })).rejects.toMatchObject({
    name: "InputInvalid",
    message: expect.stringContaining("nothing"),
  });
  await expect(inspect(point, { databases: { [app]: "x".repeat(64) } })).rejects.toMatchObject({
    name: "InputInvalid",
    message: expect.stringContaining("63 bytes"),
  });
  await expect(inspect(point, { database: app })).rejects.toMatchObject({ name: "InputInvalid" });
});

function changed(
  facts: Facts,
  database: string,
  changes: { about?: object; databases?: Record<string, object> },
): Facts {
  const copy = structuredClone(facts);
  Object.assign(at(copy, "about"), changes.about);
  for (const [part, values] of Object.entries(changes.databases ?? {}))
    Object.assign(at(at(at(copy, "databases"), database), part), values);
  return copy;
}

function at(facts: Facts, name: string): Facts {
  const found = facts[name];
  if (typeof found !== "object") throw new Error(`no ${name}`);
  return found;
}
