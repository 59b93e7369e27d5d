import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresql } from "#engines/postgresql/engine.ts";
import type { Command } from "#ports/commands.ts";
import type { CapturedStream } from "#ports/engine.ts";
import { pipelineWorld } from "../../pipeline/pipeline-world.ts";
import {
  belongings,
  captured,
  engineTools,
  opener,
  type Point,
  restored,
  sourceOf,
  sql,
  withCommand,
} from "./world.ts";

const own = belongings();
let app: string;
let point: Point;

beforeAll(async () => {
  app = await own.database("streams", [
    ...["a", "b", "c"].map(
      (name) =>
        `create table ${name} (id int generated always as identity primary key, filling text); insert into ${name} (filling) select repeat('x', 500) from generate_series(1, 3000)`,
    ),
    "select lo_from_bytea(1, 'x'), lo_from_bytea(2, 'y'); create sequence s",
  ]);
  point = await captured([app], { jobs: 3 });
});
afterAll(() => own.drop());

const kinds = ({ artifacts }: Point) =>
  artifacts.map(({ kind }) => kind).filter((kind) => /dump|schema|data/.test(kind));
const isDumpOfRows = ({ file, args }: Command) => file.endsWith("pg_dump") && args.includes("--section=data");
const named = ({ args }: Command) => args.find((arg) => arg.startsWith("--table="));

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

describe("of several streams, one that", () => {
  const wrongs: [string, (command: Command) => Command, string | RegExp][] = [
    ["S1: is ended by SIGKILL half-way", cutAfter(100_000, "kill -9 $$"), "SIGKILL"],
    ["S6: is cut off with exit 1", cutAfter(100_000, "exit 1"), "exited with 1"],
    ["S5: is cut off with exit 0", cutAfter(100_000, "exit 0"), "cut off"],
    ["S5: is empty with exit 0", cutAfter(0, "exit 0"), "cut off"],
  ];

  it.each(wrongs)("%s fails the capture, ends the others and aborts every upload", async (_name, cut, said) => {
    const world = pipelineWorld();
    const begun: string[] = [];
    const commands = withCommand((command) => {
      if (!isDump(command)) return command;
      return named(command)?.includes('"b"') ? cut(command) : endless(command);
    });
    const store = async (stream: CapturedStream) => {
      if (stream.subject === undefined) return; // globals and properties are one stream each
      begun.push(stream.kind);
      await world.store(stream);
    };

    const capturing = postgresql.capture({ ...engineTools({ commands }), store }, sourceOf([app], { jobs: 3 }));

    await expect(capturing).rejects.toThrow(said);
    expect(begun.toSorted()).toEqual(["data-01", "data-02", "data-03", "schema"]);
    expect(world.seen).toEqual({ aborted: 4, completed: 0 });
    await expect.poll(sessions).toEqual([]);
  });

  it("S7: loses its session fails the capture, and says why", async () => {
    const filled = "as select repeat(md5(i::text), 100) as filling from generate_series(1, 4000) i";
    const large = await own.database("large", `create table a ${filled}; create table b ${filled}`);
    const slow = withCommand((command) => command);
    let ended = false;
    const reading: typeof slow.reading = (command, signal) => {
      const output = slow.reading(command, signal);
      if (!isDumpOfRows(command) || !named(command)) return output;
      const bytes = (async function* () {
        for await (const chunk of output.bytes) {
          if (!ended)
            await sql(
              "postgres",
              `select pg_terminate_backend(pid, 1000) from pg_stat_activity where datname = '${large}' and query like 'COPY %'`,
            );
          ended = true;
          yield chunk;
        }
      })();
      return { ...output, bytes };
    };

    await expect(captured([large], { jobs: 3, commands: { ...slow, reading } })).rejects.toThrow(
      /pg_dump exited with 1[\s\S]*terminat/,
    );
  });
});

describe("S5: pg_dump that exits 0 fails the capture all the same when", () => {
  const lies: [string, (command: Command) => Command, RegExp][] = [
    [
      "a stream leaves out a table that it was to take",
      changed((args) => args.map((arg) => arg.replace('--table="public"."b"', '--table="public"."a"'))),
      /lacks the rows of public\.b; the rows of \["public","a"\] are there twice/,
    ],
    [
      "the last stream leaves out one more",
      changed((args) => (args.some(isNamed) ? args : [...args, "--exclude-table-data=public.*"])),
      /lacks the rows of public\.\w; the archive lacks the sequences/,
    ],
    [
      "the last stream takes what another has",
      changed((args) => args.filter((arg) => args.some(isNamed) || !arg.startsWith("--exclude-table-data="))),
      /are there twice/,
    ],
    [
      "large objects are in no stream",
      changed((args) => [...args, "--no-large-objects"]),
      /there are 0 large objects in the archive, and 2 were counted/,
    ],
    [
      "a sequence is in no stream",
      changed((args) => (args.some(isNamed) ? args : [...args, "--exclude-table-data=public.s"])),
      /lacks the sequences public\.s$/,
    ],
    [
      "a sequence is in two streams",
      changed((args) => args.filter((arg) => !args.some(isNamed) || !arg.startsWith("--exclude-table-data="))),
      /sets a sequence twice/,
    ],
  ];

  it.each(lies)("%s", async (_name, lie, said) => {
    await expect(captured([app], { jobs: 3, commands: withCommand(lie) })).rejects.toThrow(said);
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

const isNamed = (arg: string) => arg.startsWith("--table=");
const isDump = ({ file, args }: Command) => file.endsWith("pg_dump") && !args.includes("--version");

function changed(change: (args: string[]) => string[]) {
  return (command: Command): Command =>
    isDumpOfRows(command) ? { ...command, args: change([...command.args]) } : command;
}

/** The tool's first bytes, and then how it ends. */
function cutAfter(bytes: number, end: string) {
  return ({ file, args, env = {} }: Command): Command => ({
    file: "bash",
    args: ["-c", `"$0" "$@" | head --bytes=${bytes}; ${end}`, file, ...args],
    env,
  });
}

/** All that the tool writes, and then it goes on for ever. */
const endless = ({ file, args, env = {} }: Command): Command => ({
  file: "bash",
  args: ["-c", '"$0" "$@"; exec sleep 600', file, ...args],
  env,
});

const sessions = () =>
  sql("postgres", `select pid, query from pg_stat_activity where datname = '${app}' and application_name = 'holdfast'`);
