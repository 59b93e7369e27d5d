import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Artifact } from "#domain/artifact.ts";
import { postgresql } from "#engines/postgresql/engine.ts";
import { threeTables } from "./three-tables.ts";
import { belongings, captured, engineTools, layouts, opener, type Point, restored, sql } from "./world.ts";

const own = belongings();
let app: string;
let point: Point;

beforeAll(async () => {
  app = await own.database("streams", threeTables);
  point = await captured([app], { jobs: 3 });
});
afterAll(() => own.drop());

const kinds = ({ artifacts }: Point) =>
  artifacts.map(({ kind }) => kind).filter((kind) => /dump|schema|data/.test(kind));
describe("a database is dumped in several streams only when that pays:", () => {
  it("not with one job, and not when it is smaller than the plan says", async () => {
    expect(kinds(await captured([app], { jobs: 1 }))).toEqual(["dump"]);
    expect(kinds(await captured([app], { jobs: 3, splitAbove: "1GiB" }))).toEqual(["dump"]);
    expect(kinds(point)).toEqual(["schema", "data-01", "data-02", "data-03"]);
  });

  it("not when one table is nearly all of it", async () => {
    const lopsided = await own.database(
      "lopsided",
      "create table large as select repeat(md5(i::text), 20) from generate_series(1, 9000) i; create table small as select 1 as i",
    );

    expect(kinds(await captured([lopsided], { jobs: 3 }))).toEqual(["dump"]);
  });
});

describe("a point", () => {
  const verify = (artifacts: Point["artifacts"]) =>
    postgresql.verify({ ...engineTools(), open: opener(point) }, { artifacts, facts: point.facts });

  it("with all of its streams is whole", async () => {
    expect(await verify(point.artifacts)).toEqual({ wrong: [] });
  });

  it.each([
    ["schema", "lacks one of its archives"],
    ["data-01", "lacks one of its archives"],
    ["data-02", "lacks one of its archives"],
    ["data-03", /lacks the rows of public\.\w[\s\S]*0 large objects[\s\S]*lacks the sequences/],
  ])("that lacks its %s is wrong, and is not restored", async (kind, said) => {
    const artifacts = point.artifacts.filter((artifact) => artifact.kind !== kind);
    const copy = own.alsoDrops(`${app}_copy`);

    expect((await verify(artifacts)).wrong.join("\n")).toMatch(said);
    await expect(restored({ ...point, artifacts }, { options: { databases: { [app]: copy } } })).rejects.toThrow();
    expect(await sql("postgres", `select datname from pg_database where datname = '${copy}'`)).toEqual([]);
  });

  it("in which one stream stands for another is wrong", async () => {
    const first = point.artifacts.find(({ kind }) => kind === "data-01");
    const artifacts = point.artifacts.map((artifact) =>
      artifact.kind === "data-02" && first ? { ...first, kind: "data-02" } : artifact,
    );

    expect((await verify(artifacts)).wrong).toEqual([
      expect.stringMatching(/lacks the rows of public\.\w$/),
      expect.stringMatching(/are there twice$/),
    ]);
  });
});

it.each(layouts)(
  "loads what ends some time after its last byte, as it does when its hashes are compared, dumped $layout",
  async ({ jobs }) => {
    const whole = await captured([app], { jobs });
    const open = async function* (artifact: Artifact) {
      yield* opener(whole)(artifact);
      await wait(500);
    };
    const copy = own.alsoDrops(`${app}_late_${jobs}`);

    await restored(whole, { open, options: { databases: { [app]: copy } } });

    expect(await sql(copy, "select count(*)::int as n from b")).toEqual([{ n: 3000 }]);
  },
);

it("sets sequences last: a materialized view that counts with one while it is filled does not move it", async () => {
  for (const jobs of [1, 3]) {
    const counting = await own.database(
      "counting",
      "create sequence s; create table t as select 1; create table u as select 1; create table v as select 1; create materialized view m as select nextval('s') from generate_series(1, 5)",
    );

    await restored(await captured([counting], { jobs }));

    expect(await sql(counting, "select last_value::int from s")).toEqual([{ last_value: 5 }]);
  }
});

it("makes keys and foreign keys in several sessions that do not wait for each other in a circle", async () => {
  const pairs = Array.from({ length: 40 }, (_, i) => [`a${i}`, `b${i}`] as const);
  const circles = await own.database(
    "circles",
    pairs.map(
      ([a, b]) =>
        `create table ${a} (id int primary key, o int); create table ${b} (id int primary key, o int references ${a}); alter table ${a} add foreign key (o) references ${b}; insert into ${a} values (1)`,
    ),
  );
  const circular = await captured([circles], { jobs: 3 });

  for (let times = 0; times < 3; times++)
    await restored(circular, { options: { databases: { [circles]: own.alsoDrops(`${circles}_${times}`) } } });

  expect(await sql(`${circles}_2`, "select count(*)::int as n from pg_constraint where contype = 'f'")).toEqual([
    { n: 80 },
  ]);
});
