import { afterAll, beforeAll, expect, it } from "vitest";
import { postgresql } from "#engines/postgresql/engine.ts";
import type { Command, Commands } from "#ports/commands.ts";
import type { CapturedStream } from "#ports/engine.ts";
import { pipelineWorld } from "../../pipeline/pipeline-world.ts";
import { memoryFrom } from "../../support/memory.ts";
import { belongings, engineTools, real, sourceOf, withCommand } from "./world.ts";

const own = belongings();
let small: string;
beforeAll(async () => {
  small = await own.database("small", "create table t as select 1 as i");
});
afterAll(() => own.drop());

it("S20: captures a row of 128 MiB in memory that is as flat as for a small one", async () => {
  const huge = await own.database("huge", "create table t as select repeat('row ', 32 * 1024 * 1024) as filling");
  await capture(small);
  const memory = memoryFrom();

  const stored = await capture(huge);

  expect(memory.grownMebibytes()).toBeLessThan(96); // V8 takes some tens for itself
  expect(Math.max(...stored)).toBeGreaterThan(128 * 2 ** 20);
});

it("S20: survives a gigabyte on pg_dump's stderr in memory that is as flat as with a tenth of it", async () => {
  await capture(small, shouting(100_000_000));
  const memory = memoryFrom();

  const stored = await capture(small, shouting(1_000_000_000));

  expect(memory.grownMebibytes()).toBeLessThan(128);
  expect(stored.length).toBeGreaterThan(0);
});

/** Through the whole pipeline; answers how many bytes went into each artifact of a database. */
async function capture(database: string, commands: Commands = real): Promise<number[]> {
  const world = pipelineWorld();
  const stored: number[] = [];
  const store = async (stream: CapturedStream) => void stored.push((await world.store(stream)).plainBytes);
  await postgresql.capture({ ...engineTools({ commands }), store }, sourceOf([database]));
  return stored;
}

const shouting = (bytes: number) =>
  withCommand((command: Command) =>
    command.file.endsWith("pg_dump") && !command.args.includes("--version")
      ? {
          ...command,
          file: "bash",
          args: ["-c", `head -c ${bytes} /dev/zero | tr '\\0' e >&2; exec "$0" "$@"`, command.file, ...command.args],
        }
      : command,
  );
