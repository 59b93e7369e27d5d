import { afterAll, expect, it } from "vitest";
import { belongings, captured, databaseNames, newRestoreId, restored, session, sql, unique } from "./world.ts";

const own = belongings();
afterAll(() => own.drop());

it("swaps all databases of a point in together, and keeps each old one with the statement that drops it", async () => {
  const [a, b] = [
    await own.database("a", "create table t as select 1 as i"),
    await own.database("b", "create table t as select 2 as i"),
  ];
  const point = await captured([a, b]);
  await sql(a, "drop table t");

  const { kept, restoreId, phases, notes } = await restored(point);

  expect(await sql(a, "select i from t")).toEqual([{ i: 1 }]);
  expect(await sql(`holdfast_old_${restoreId}_1`, "select to_regclass('t') as t")).toEqual([{ t: null }]);
  expect(phases).toEqual(["load", "compare", "swap"]);
  expect(notes).toEqual([]);
  for (const { drop } of kept) await sql("postgres", drop);
  expect((await databaseNames()).filter((name) => name.startsWith("holdfast_") && name.includes(restoreId))).toEqual(
    [],
  );
});

it("AS-19 restores a part of a point, and under other names, beside what is in use", async () => {
  const [a, b] = [await own.database("a", "create table t ()"), await own.database("b")];
  const point = await captured([a, b]);
  const copy = own.alsoDrops(unique("copy"));
  const [before] = await sql("postgres", `select oid from pg_database where datname = '${a}'`);

  const { kept, putThere } = await restored(point, { options: { databases: { [a]: copy } } });

  expect(kept).toEqual([]);
  expect(putThere).toMatchObject([{ name: copy }]);
  expect(await sql("postgres", `select oid from pg_database where datname = '${a}'`)).toEqual([before]);
});

it("IS-23: ends the sessions that stand in the way of the swap, however quickly they come back, and names them", async () => {
  const app = await own.database("app", "create table t as select 1 as i");
  const point = await captured([app]);
  const idle = await session(app, undefined, "left-open");
  await idle.query("begin; select * from t");
  let isOver = false;
  let answers = 0;
  const persistent = (async () => {
    while (!isOver) {
      const client = await session(app, undefined, "persistent").catch(() => undefined);
      await client?.query("select pg_sleep(0.05), i from t").then(
        () => answers++,
        () => {},
      );
      await client?.end();
    }
  })();

  const { notes } = await restored(point);
  const before = answers;
  await expect.poll(() => answers).toBeGreaterThan(before + 3); // it gets in again, by the same name
  isOver = true;
  await persistent;

  expect(notes).toContainEqual(
    expect.stringMatching(
      new RegExp(`^ended session \\d+ of postgres \\(left-open, from [\\d.]+\\) on database "${app}"$`),
    ),
  );
});

it("lets nobody but the user of the restore in until a database is whole", async () => {
  const username = await own.role("app", "login password 'geheim'");
  const app = await own.database("app", "create table t as select 1 as i");
  const point = await captured([app]);
  const restoreId = newRestoreId();
  const said: string[] = [];
  const tryIt = async () => {
    const client = await session(`holdfast_${restoreId}_1`, { username, password: "geheim" }).catch(
      (error: Error) => void said.push(error.message),
    );
    await client?.end();
    if (client) said.push("got in");
  };

  await restored(point, { restoreId, onPhase: async (name) => void (name !== "load" && (await tryIt())) });
  const client = await session(app, { username, password: "geheim" });
  await client.end();

  expect(said).toEqual([
    expect.stringContaining("permission denied for database"),
    expect.stringContaining("not currently accepting connections"),
  ]);
});

it("brings the planner's statistics along", async () => {
  const app = await own.database("app", "create table t as select generate_series(1, 1000) i");

  await restored(await captured([app]));

  expect(await sql(app, "select reltuples::int as n from pg_class where relname = 't'")).toEqual([{ n: 1000 }]);
});

it("names what restores that were killed have left behind, and the statement that drops it", async () => {
  const app = await own.database("app");
  const point = await captured([app]);
  await sql("postgres", `create database "holdfast_2026-01-01-000000-dead_1"`);
  own.alsoDrops("holdfast_2026-01-01-000000-dead_1");

  const { notes } = await restored(point);

  expect(notes).toEqual([expect.stringContaining('DROP DATABASE "holdfast_2026-01-01-000000-dead_1";')]);
});

it("X4: runs clean when it is started again after it was killed half-way", async () => {
  const app = await own.database("app", "create table t as select 1 as i");
  const point = await captured([app]);
  const restoreId = newRestoreId();
  await sql("postgres", `create database "holdfast_${restoreId}_1"`);
  await sql(`holdfast_${restoreId}_1`, "create table t (half int)");

  await restored(point, { restoreId });

  expect(await sql(app, "select i from t")).toEqual([{ i: 1 }]);
});

it("restores a subscription without connecting it, and drops a database that holds one when it fails", async () => {
  const app = await own.database("app", "create table t ()");
  await sql(app, "create subscription sub connection 'host=nowhere.invalid' publication p with (connect = false)");
  const point = await captured([app]);
  const copy = own.alsoDrops(unique("copy"));

  await expect(
    restored(point, {
      options: { databases: { [app]: copy } },
      onPhase: async (name) => {
        if (name === "swap") throw new Error("no swap today");
      },
    }),
  ).rejects.toThrow("no swap today");
  expect((await databaseNames()).filter((name) => /^holdfast_2026-02-23/.test(name))).toEqual([]);
  await restored(point, { options: { databases: { [app]: copy } } });

  expect(
    await sql(
      copy,
      "select subname, subenabled from pg_subscription where subdbid = (select oid from pg_database where datname = current_database())",
    ),
  ).toEqual([{ subname: "sub", subenabled: false }]);
  for (const database of [app, copy])
    for (const statement of ["alter subscription sub set (slot_name = none)", "drop subscription sub"])
      await sql(database, statement);
});
