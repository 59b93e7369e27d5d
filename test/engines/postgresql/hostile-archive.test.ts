import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toolEnv } from "#engines/postgresql/connection.ts";
import { postgresql } from "#engines/postgresql/engine.ts";
import {
  belongings,
  captured,
  databaseNames,
  engineTools,
  login,
  opener,
  type Point,
  real,
  restored,
  sql,
  unique,
  withCommand,
} from "./world.ts";

const own = belongings();
const canary = `/tmp/${unique("canary")}`;
const program = `PROGRAM 'touch ${canary}; echo 1'`;
const isCalled = async () => {
  const [found] = await sql("postgres", `select (pg_stat_file('${canary}', true)).size is not null as called`);
  return found?.["called"] === true;
};
let app: string;
let point: Point;
let archive: Buffer;

beforeAll(async () => {
  app = await own.database(
    "crafted",
    "create table t as select generate_series(1, 20) as i; create table other (i int); create sequence s",
  );
  point = await captured([app]);
  archive = point.stored.get(point.artifacts.find(({ kind }) => kind === "dump")?.key ?? "") ?? Buffer.alloc(0);
});
afterAll(() => own.drop());

const COPY = "COPY public.t (i) FROM stdin;\n";
const SETVAL = "SELECT pg_catalog.setval('public.s', 1, false);\n";

describe.each([
  ["loads rows by a program", COPY, `COPY public.t (i) FROM ${program};\n`],
  ["has another command before its rows", COPY, `COPY public.other (i) FROM ${program}; ${COPY}`],
  ["has a command of psql before its rows", COPY, `${COPY}\\! touch ${canary}\n`],
  ["loads the rows of one table into another", COPY, "COPY public.other (i) FROM stdin;\n"],
  ["has a program between two sequences", SETVAL, `${SETVAL}COPY public.t (i) FROM ${program};\n${SETVAL}`],
])("X8: an archive whose list of contents %s", (_name, from, to) => {
  it("fails a capture, is wrong when it is read back, and is refused by a restore before pg_restore has a byte of it", async () => {
    const crafted = withString(archive, from, to);
    const file = join(mkdtempSync(join(tmpdir(), "crafted-")), "archive");
    writeFileSync(file, crafted);
    const change = (bytes: Buffer) => (bytes.equals(archive) ? crafted : bytes);
    const before = await databaseNames();
    const insteadOfDump = withCommand((command) =>
      command.args.includes("--format=custom") && command.file.endsWith("pg_dump")
        ? { file: "cat", args: [file] }
        : command,
    );

    const capturing = captured([app], { commands: insteadOfDump });
    await expect(capturing).rejects.toMatchObject({ name: "FormatIncomplete", message: SAID });
    const { wrong } = await postgresql.verify({ ...engineTools(), open: opener(point, change) }, point);
    expect(wrong).toEqual([SAID]);
    const restoring = restored(point, {
      open: opener(point, change),
      options: { databases: { [app]: unique("copy") } },
    });
    await expect(restoring).rejects.toMatchObject({ name: "FormatIncomplete", message: SAID });
    expect(await isCalled()).toBe(false);
    expect(await databaseNames()).toEqual(before);
  });
});

it("X8: such an archive is a live one: pg_restore by itself runs its program", async () => {
  const database = await own.database("careless");
  const file = join(mkdtempSync(join(tmpdir(), "crafted-")), "archive");
  writeFileSync(file, withString(archive, COPY, `COPY public.t (i) FROM ${program};\n`));
  const env = toolEnv({ ...login(), user: login().username, tls: "prefer" }, database);

  await real
    .run({ file: "pg_restore", args: [`--dbname=${database}`, file], env }, new AbortController().signal)
    .catch(() => {});

  expect(await isCalled()).toBe(true);
  await sql("postgres", `copy (select 1) to program 'rm ${canary}'`);
});

const SAID = expect.stringMatching(
  /the archive was not written by pg_dump: (TABLE DATA public\.t|SEQUENCE SET public\.s) is /,
);

/** Strings of an archive stand behind a sign and four bytes of length. */
function withString(bytes: Buffer, from: string, to: string): Buffer {
  const behindLength = (text: string) => {
    const length = Buffer.alloc(5);
    length.writeUInt32LE(Buffer.byteLength(text), 1);
    return Buffer.concat([length, Buffer.from(text)]);
  };
  const at = bytes.indexOf(behindLength(from));
  if (at < 0) throw new Error(`the archive has no ${JSON.stringify(from)}`);
  return Buffer.concat([bytes.subarray(0, at), behindLength(to), bytes.subarray(at + behindLength(from).length)]);
}
