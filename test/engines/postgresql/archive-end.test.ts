import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { postgresql } from "#engines/postgresql/engine.ts";
import type { Command } from "#ports/commands.ts";
import { belongings, captured, engineTools, opener, type Point, sql, withCommand } from "./world.ts";

const own = belongings();
let app: string;
let point: Point;
let archive: Buffer;
let bare: Point;

beforeAll(async () => {
  app = await own.database(
    "cut",
    "create table t as select i, md5(i::text) from generate_series(1, 20000) i; create sequence s; select lo_from_bytea(1, 'x'), lo_from_bytea(2, repeat('y', 9000)::bytea)",
  );
  point = await captured([app]);
  bare = await captured([await own.database("bare")]);
  archive = bytesOf(point, "dump");
});
afterAll(() => own.drop());

/** At one byte, in the header, in the list of contents, in the rows, and wherever nearly nothing is missing. */
const cuts: [string, (bytes: number) => number][] = [
  ["0 bytes", () => 0],
  ["1 byte", () => 1],
  ["11 bytes", () => 11],
  ["500 bytes", () => 500],
  ["10 %", (n) => n * 0.1],
  ["50 %", (n) => n * 0.5],
  ["90 %", (n) => n * 0.9],
  ["99 %", (n) => n * 0.99],
  ["all but 6 bytes", (n) => n - 6],
  ["all but 5 bytes", (n) => n - 5],
  ["all but 1 byte", (n) => n - 1],
];

describe.each(cuts)("S5: an archive cut at %s", (_name, at) => {
  it("fails a capture although pg_dump exits 0", async () => {
    const file = fileWith(archive.subarray(0, at(archive.length)));

    await expect(
      captured([app], { commands: withCommand(insteadOfDump({ file: "head", args: ["-c", "1G", file] })) }),
    ).rejects.toThrow(/cut off|first bytes/);
  });

  it("is wrong when it is read back, and when it holds no rows as well", async () => {
    for (const whole of [point, bare]) {
      const { wrong } = await verify(whole, (bytes) => bytes.subarray(0, at(bytes.length)));
      expect(wrong).toEqual([expect.stringMatching(/^database ".*": the archive is cut off/)]);
    }
  });
});

it.each([
  ["S1: ended by SIGKILL", "kill -9 $$", "SIGKILL"],
  ["S6: exiting with 1", "exit 1", "exited with 1"],
])("%s after 10, 50 or 99 %%, pg_dump fails the capture by name", async (_name, end, said) => {
  for (const share of [0.1, 0.5, 0.99]) {
    const file = fileWith(archive.subarray(0, archive.length * share));
    const dying = { file: "sh", args: ["-c", `cat "$1"; ${end}`, "sh", file] };

    await expect(captured([app], { commands: withCommand(insteadOfDump(dying)) })).rejects.toThrow(said);
  }
});

it("S6: pg_dump exiting with 1 after a whole archive fails the capture all the same", async () => {
  const dying = { file: "sh", args: ["-c", 'cat "$1"; exit 1', "sh", fileWith(archive)] };

  await expect(captured([app], { commands: withCommand(insteadOfDump(dying)) })).rejects.toMatchObject({
    name: "CommandFailed",
  });
});

it("S5: an archive that goes on after its end, by one byte or many, fails a capture and is wrong when it is read back", async () => {
  for (const more of ["\n", "x".repeat(100_000)]) {
    const longer = Buffer.concat([archive, Buffer.from(more)]);
    const commands = withCommand(insteadOfDump({ file: "cat", args: [fileWith(longer)] }));

    await expect(captured([app], { commands })).rejects.toThrow("goes on after its end");
    expect((await verify(point, () => longer)).wrong).toEqual([expect.stringContaining("goes on after its end")]);
  }
});

it("S5: an archive of another database, whole in itself, fails the capture: rows that were counted are not in it", async () => {
  const commands = withCommand(insteadOfDump({ file: "cat", args: [fileWith(bytesOf(bare, "dump"))] }));

  await expect(captured([app], { commands })).rejects.toThrow("the archive lacks the rows of public.t");
});

it("S5: an archive with a wrong byte in its list of contents is wrong when it is read back", async () => {
  const { wrong } = await verify(point, (bytes) => {
    const changed = Buffer.from(bytes);
    changed.writeUInt8(0xff, bytes.indexOf("TABLE DATA") - 4);
    return changed;
  });

  expect(wrong).toHaveLength(1);
});

it.each(["globals", "properties"])(
  "S5: %s that are cut off anywhere are wrong when they are read back",
  async (kind) => {
    const whole = bytesOf(point, kind);
    for (const at of [
      0,
      1,
      20,
      whole.length * 0.5,
      whole.length * 0.99,
      whole.length - 2,
      ...(kind === "globals" ? [whole.length - 1] : []),
    ]) {
      const { wrong } = await verify(point, (bytes) => bytes.subarray(0, at), kind);
      expect(wrong, `cut at ${at}`).toHaveLength(1);
    }
  },
);

it("finds nothing wrong with what was captured", async () => {
  expect(await verify(point, (bytes) => bytes)).toEqual({ wrong: [] });
});

it("S7: pg_dump that loses its session on the way fails the capture, and says why", async () => {
  const large = await own.database(
    "large",
    "create table wide as select repeat(md5(i::text), 100) as filling from generate_series(1, 5000) i",
  );
  let ended = false;
  const commands = withCommand((command) => command);
  const reading: typeof commands.reading = (command, signal) => {
    const output = commands.reading(command, signal);
    if (!isDump(command)) return output;
    return {
      ...output,
      bytes: (async function* () {
        for await (const chunk of output.bytes) {
          if (!ended)
            await sql(
              "postgres",
              `select pg_terminate_backend(pid, 1000) from pg_stat_activity where datname = '${large}' and query like 'COPY %'`,
            );
          ended = true;
          yield chunk;
        }
      })(),
    };
  };

  await expect(captured([large], { commands: { ...commands, reading } })).rejects.toThrow(
    /pg_dump exited with 1[\s\S]*terminat/,
  );
  expect(ended).toBe(true);
});

it("lets the error of what can't be read through as it is", async () => {
  const broken = async function* () {
    yield archive.subarray(0, 1000);
    throw new RangeError("KMS is not there");
  };

  await expect(postgresql.verify({ ...engineTools(), open: broken }, point)).rejects.toThrow(RangeError);
});

const isDump = ({ file, args }: Command) => file.endsWith("pg_dump") && !args.includes("--version");
const insteadOfDump = (instead: Command) => (command: Command) => (isDump(command) ? instead : command);

const verify = (whole: Point, change: (bytes: Buffer) => Buffer, kind = "dump") =>
  postgresql.verify(
    { ...engineTools(), open: opener(whole, (bytes, artifact) => (artifact.kind === kind ? change(bytes) : bytes)) },
    whole,
  );

function bytesOf({ artifacts, stored }: Point, kind: string): Buffer {
  const artifact = artifacts.find((one) => one.kind === kind);
  return stored.get(artifact?.key ?? "") ?? Buffer.alloc(0);
}

function fileWith(bytes: Buffer): string {
  const file = join(mkdtempSync(join(tmpdir(), "holdfast-cut-")), "archive");
  writeFileSync(file, bytes);
  return file;
}
