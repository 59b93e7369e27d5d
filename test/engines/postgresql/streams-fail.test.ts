import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresql } from "#engines/postgresql/engine.ts";
import type { Command } from "#ports/commands.ts";
import type { CapturedStream } from "#ports/engine.ts";
import { pipelineWorld } from "../../pipeline/pipeline-world.ts";
import { threeTables } from "./three-tables.ts";
import { belongings, captured, engineTools, layouts, sourceOf, sql, withCommand } from "./world.ts";

const own = belongings();
let app: string;
beforeAll(async () => {
  app = await own.database("streams", threeTables);
});
afterAll(() => own.drop());

const isDumpOfRows = ({ file, args }: Command) => file.endsWith("pg_dump") && args.includes("--section=data");
const named = ({ args }: Command) => args.find((arg) => arg.startsWith("--table="));

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
});

describe.each(layouts)("S7: dumped $layout, a capture", ({ jobs, archives }) => {
  it("whose session the server ends in the middle of a table stores nothing of it, and says why", async () => {
    const filled = "as select repeat(md5(i::text), 100) as filling from generate_series(1, 4000) i";
    const large = await own.database("large", `create table a ${filled}; create table b ${filled}`);
    const world = pipelineWorld();
    const slow = withCommand((command) => command);
    let ended = false;
    const reading: typeof slow.reading = (command, signal) => {
      const output = slow.reading(command, signal);
      if (!isDump(command)) return output;
      const bytes = (async function* () {
        for await (const chunk of output.bytes) {
          if (!ended) {
            const rows = await sql(
              "postgres",
              `select pg_terminate_backend(pid, 1000) from pg_stat_activity where datname = '${large}' and query like 'COPY %'`,
            );
            if (rows.length > 0) ended = true; // streams ask at once
          }
          yield chunk;
        }
      })();
      return { ...output, bytes };
    };
    const store = async (stream: CapturedStream) => {
      if (stream.subject !== undefined) await world.store(stream); // globals and properties are one stream each
    };

    const capturing = postgresql.capture(
      { ...engineTools({ commands: { ...slow, reading } }), store },
      sourceOf([large], { jobs }),
    );

    await expect(capturing).rejects.toThrow(/pg_dump exited with 1[\s\S]*terminat/);
    expect(ended).toBe(true);
    expect(world.seen.completed).toBeLessThan(archives.length);
    expect(world.seen.aborted).toBeGreaterThan(0);
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
