import { createWriteStream } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Artifact } from "#domain/artifact.ts";
import type { Command } from "#ports/commands.ts";
import type { RestoreTools } from "#ports/engine.ts";
import { feed } from "../feed.ts";
import { allOrNone } from "./all-or-none.ts";
import { type ArchiveEntry, afterItsList, readArchiveList } from "./archive-list.ts";
import { type Login, toolEnv } from "./connection.ts";
import type { DatabaseStreams } from "./database-streams.ts";
import type { Part } from "./part.ts";
import type { Tool } from "./tools-of-version.ts";

export type LoadInto = { login: Login; database: string; pgRestore: Tool; jobs: number; part: Part | undefined };

/** Loads the archives of a database, or a part of them, into an empty one. Stops at the first error. */
export async function loadStreams(tools: RestoreTools, streams: DatabaseStreams, into: LoadInto): Promise<void> {
  if ("dump" in streams) await loadFromPipe(tools, streams.dump, into, tools.signal, into.part?.entries);
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
    await pipeline(afterItsList(tools.open(schema)), createWriteStream(file, { mode: 0o600 }), { signal });
    if (into.part) await writeFile(list, listOf(into.part.entries));
    const only = into.part ? [`--use-list=${list}`] : [];
    await commands.run(pgRestore(into, ["--section=pre-data", "--no-privileges", ...only, file]), signal);
    await allOrNone(data, (artifact, either) => loadRows(tools, artifact, into, either), { signal, atOnce: into.jobs });
    for (const { lines, jobs } of inSteps(await listOfTheRest(tools, into, file), into.jobs)) {
      await writeFile(list, lines.join("\n"));
      await commands.run(pgRestore(into, [`--jobs=${jobs}`, `--use-list=${list}`, file]), signal);
    }
  } finally {
    await Promise.all([file, list].map((left) => rm(left, { force: true })));
  }
}

/** What comes after the rows, and the privileges that were held back, in the words of `pg_restore --list`. */
async function listOfTheRest(tools: RestoreTools, { pgRestore: { file }, part }: LoadInto, schema: string) {
  const list = async (...args: string[]) =>
    (await tools.commands.run({ file, args: ["--list", ...args, schema] }, tools.signal)).stdout.split("\n");
  const privileges = (await list("--section=pre-data")).filter((line) => /^\d+; \d+ \d+ ACL /.test(line));
  const rest = [...privileges, ...(await list("--section=post-data"))];
  const ids = part && new Set(part.entries.map(({ id }) => id));
  return rest.filter((line) => !ids || ids.has(Number.parseInt(line, 10)));
}

/**
 * An index of a partition is attached under locks on more than one index, and whoever reads the tables takes the same locks in
 * another order: `REFRESH` of a materialized view beside it has ended in a deadlock. So nothing else runs while indexes are
 * attached, and before that only what they need: indexes and keys.
 */
function inSteps(rest: string[], jobs: number): { lines: string[]; jobs: number }[] {
  const isOf = (line: string, kind: string) => new RegExp(`^\\d+; \\d+ \\d+ ${kind} `).test(line);
  const attached = rest.filter((line) => isOf(line, "INDEX ATTACH"));
  if (attached.length === 0) return [{ lines: rest, jobs }];
  const others = rest.filter((line) => !attached.includes(line));
  const isNeeded = (line: string) => isOf(line, "INDEX") || isOf(line, "CONSTRAINT");
  return [
    { lines: others.filter(isNeeded), jobs },
    { lines: attached, jobs: 1 },
    { lines: others.filter((line) => !isNeeded(line)), jobs },
  ];
}

/** Of a part, only its rows; an archive that holds none of them is read no further than its list. */
async function loadRows(tools: RestoreTools, artifact: Artifact, into: LoadInto, signal: AbortSignal): Promise<void> {
  const { part } = into;
  if (!part) return loadFromPipe(tools, artifact, into, signal);
  const rows = (await readArchiveList(tools.open(artifact))).filter(
    ({ kind, schema, name }) => ["TABLE DATA", "SEQUENCE SET"].includes(kind) && part.has([schema, name]),
  );
  if (rows.length > 0) await loadFromPipe(tools, artifact, into, signal, rows);
}

async function loadFromPipe(
  tools: RestoreTools,
  artifact: Artifact,
  into: LoadInto,
  signal: AbortSignal,
  only?: ArchiveEntry[],
): Promise<void> {
  const bytes = afterItsList(tools.open(artifact));
  if (!only) {
    await feed(bytes, tools.commands.writing(pgRestore(into, []), signal));
    return;
  }
  const list = join(tools.workDir, `${into.database}.${artifact.kind}.list`);
  try {
    await writeFile(list, listOf(only));
    const wanted = tools.commands.writing(pgRestore(into, [`--use-list=${list}`]), signal);
    await feed(bytes, wanted, { mayLeave: true }); // what lies behind the last entry is not read
  } finally {
    await rm(list, { force: true });
  }
}

/** All that `--use-list` reads of a line is the id: names, which may hold line ends, are not in it. */
const listOf = (entries: ArchiveEntry[]) => entries.map(({ id }) => `${id};\n`).join("");

/** Tablespaces belong to the server that the point comes from. */
const pgRestore = ({ pgRestore: { file }, login, database }: LoadInto, more: string[]): Command => ({
  file,
  args: ["--format=custom", "--exit-on-error", "--no-password", "--no-tablespaces", `--dbname=${database}`, ...more],
  env: { ...toolEnv(login, database), PGOPTIONS: "-c default_transaction_read_only=off" },
});
