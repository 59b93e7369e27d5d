import { FormatIncomplete } from "#domain/errors.ts";
import type { Facts } from "#domain/facts.ts";
import type { Command } from "#ports/commands.ts";
import type { CaptureTools } from "#ports/engine.ts";
import { ARCHIVE_PROOF, proveArchive } from "./archive-proof.ts";
import type { ArchiveContents } from "./archive-reader.ts";
import type { PostgresqlSource } from "./config.ts";
import { type Login, toolEnv, withClient } from "./connection.ts";
import { allFacts, archivedSequences, databaseFacts, leftOut } from "./facts.ts";
import type { DatabaseProperties } from "./properties.ts";
import { type Snapshot, withSnapshot } from "./snapshot.ts";
import type { Ready } from "./survey.ts";
import type { Tool } from "./tools-of-version.ts";

/** One database in one snapshot: pg_dump reads it while its facts are counted over a session of their own. */
export function captureDatabase(
  tools: CaptureTools,
  { lockTimeoutSeconds }: PostgresqlSource,
  { login, pgDump, pgRestore, bytes }: Ready,
  database: string,
  properties: DatabaseProperties,
): Promise<{ facts: Facts; takenAt: Date }> {
  const limits = { lockTimeoutSeconds, signal: tools.signal };
  return withSnapshot(login, database, limits, async (snapshot, signal) => {
    const expectedBytes = bytes.get(database);
    let contents: Promise<ArchiveContents> | undefined;
    const [, counted] = await bothOrNeither(signal, (either) => [
      tools.store({
        kind: "dump",
        holds: `database "${database}"`,
        subject: database,
        ...(expectedBytes === undefined ? {} : { expectedBytes }),
        open: () => tools.commands.reading(dump(pgDump, login, database, snapshot, lockTimeoutSeconds), either),
        prove: () => {
          const proof = proveArchive({ commands: tools.commands, signal: either }, pgRestore);
          contents = proof.contents;
          return proof;
        },
        formatProof: ARCHIVE_PROOF,
      }),
      countIn(snapshot, login, database, either),
    ]);
    const archive = await contents;
    if (!archive) throw new FormatIncomplete(`database "${database}": nobody read the copy of the archive`);
    return withClient(login, database, signal, async (client) => {
      const missing = await leftOut(client, counted, archive);
      if (missing.length > 0)
        throw new FormatIncomplete(`database "${database}": the archive lacks the rows of ${missing.join(", ")}`);
      const sequences = await archivedSequences(client, archive); // these move outside of snapshots: what counts is what was dumped
      return { facts: allFacts(counted, sequences, properties), takenAt: snapshot.takenAt };
    });
  });
}

/** Uncompressed: zstd does that better. The lock timeout is for what the coordinator could not lock, such as views. */
const dump = (
  { file }: Tool,
  login: Login,
  database: string,
  { id }: Snapshot,
  lockTimeoutSeconds: number,
): Command => ({
  file,
  args: [
    "--format=custom",
    "--compress=0",
    "--no-password",
    `--snapshot=${id}`,
    `--lock-wait-timeout=${lockTimeoutSeconds}s`,
  ],
  env: toolEnv(login, database),
});

const countIn = ({ id }: Snapshot, login: Login, database: string, signal: AbortSignal) =>
  withClient(login, database, signal, async (client) => {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    await client.query(`SET TRANSACTION SNAPSHOT '${id}'`);
    return databaseFacts(client);
  });

/** The first failure stops the other one, and is what is thrown, after both have ended. */
async function bothOrNeither<A, B>(
  signal: AbortSignal,
  start: (signal: AbortSignal) => [Promise<A>, Promise<B>],
): Promise<[A, B]> {
  const failed = new AbortController();
  const [one, other] = start(AbortSignal.any([signal, failed.signal]));
  for (const work of [one, other]) work.catch((error: unknown) => failed.abort(error));
  const [a, b] = await Promise.allSettled([one, other]);
  if (a.status === "fulfilled" && b.status === "fulfilled") return [a.value, b.value];
  throw failed.signal.reason;
}
