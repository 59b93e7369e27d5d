import { createWriteStream } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Artifact } from "#domain/artifact.ts";
import type { Command } from "#ports/commands.ts";
import type { RestoreTools } from "#ports/engine.ts";
import { feed } from "../feed.ts";
import { allOrNone } from "./all-or-none.ts";
import { type Login, toolEnv } from "./connection.ts";
import type { DatabaseStreams } from "./database-streams.ts";
import type { Tool } from "./tools-of-version.ts";

export type LoadInto = { login: Login; database: string; pgRestore: Tool; jobs: number };

/** Loads the archives of a database into an empty one. Stops at the first error. */
export async function loadStreams(tools: RestoreTools, streams: DatabaseStreams, into: LoadInto): Promise<void> {
  if ("dump" in streams) await loadFromPipe(tools, streams.dump, into, tools.signal);
  else await loadInParallel(tools, streams, into);
}

/**
 * First the tables, then the rows of all streams at the same time, straight from the pipes, then keys, indexes and all else
 * in several sessions. Privileges come last, as in one stream: an owner may have taken the right to write from himself.
 * Only the schema stands on disk for a moment: `pg_restore --jobs` has to be able to seek.
 */
async function loadInParallel(
  tools: RestoreTools,
  { schema, data }: { schema: Artifact; data: Artifact[] },
  into: LoadInto,
): Promise<void> {
  const { commands, signal } = tools;
  const file = join(tools.workDir, `${into.database}.schema`);
  const list = `${file}.list`;
  try {
    await pipeline(tools.open(schema), createWriteStream(file, { mode: 0o600 }), { signal });
    await commands.run(pgRestore(into, ["--section=pre-data", "--no-privileges", file]), signal);
    await allOrNone(data, (artifact, either) => loadFromPipe(tools, artifact, into, either), {
      signal,
      atOnce: into.jobs,
    });
    await writeFile(list, await listOfTheRest(tools, into, file));
    await commands.run(pgRestore(into, [`--jobs=${into.jobs}`, `--use-list=${list}`, file]), signal);
  } finally {
    await Promise.all([file, list].map((left) => rm(left, { force: true })));
  }
}

/** What comes after the rows, and the privileges that were held back, in the words of `pg_restore --list`. */
async function listOfTheRest({ commands, signal }: RestoreTools, { pgRestore: { file } }: LoadInto, schema: string) {
  const list = async (...args: string[]) =>
    (await commands.run({ file, args: ["--list", ...args, schema] }, signal)).stdout.split("\n");
  const privileges = (await list("--section=pre-data")).filter((line) => /^\d+; \d+ \d+ ACL /.test(line));
  return [...privileges, ...(await list("--section=post-data"))].join("\n");
}

const loadFromPipe = async (tools: RestoreTools, artifact: Artifact, into: LoadInto, signal: AbortSignal) => {
  await feed(tools.open(artifact), tools.commands.writing(pgRestore(into, []), signal));
};

/** Tablespaces belong to the server that the point comes from. */
const pgRestore = ({ pgRestore: { file }, login, database }: LoadInto, more: string[]): Command => ({
  file,
  args: ["--format=custom", "--exit-on-error", "--no-password", "--no-tablespaces", `--dbname=${database}`, ...more],
  env: { ...toolEnv(login, database), PGOPTIONS: "-c default_transaction_read_only=off" },
});
