import type { Client } from "pg";
import { bytesOf } from "#domain/byte-size.ts";
import { FormatIncomplete } from "#domain/errors.ts";
import type { Facts } from "#domain/facts.ts";
import type { CaptureTools } from "#ports/engine.ts";
import { allOrNone } from "./all-or-none.ts";
import { incompleteness, sequencesNotOnce } from "./completeness.ts";
import type { PostgresqlSource } from "./config.ts";
import { type Login, withClient } from "./connection.ts";
import { type DumpStream, splitDump, wholeDump } from "./dump-streams.ts";
import { allFacts, archivedSequences, databaseFacts, sequenceNames } from "./facts.ts";
import type { DatabaseProperties } from "./properties.ts";
import { type Snapshot, withSnapshot } from "./snapshot.ts";
import { splitTables } from "./split.ts";
import { storeArchive } from "./store-archive.ts";
import type { Ready } from "./survey.ts";
import { tableSizes } from "./table-sizes.ts";

/**
 * One database in one snapshot: pg_dump reads it, in one stream or in several at the same time, while its facts are counted
 * over a session of their own. Throws `FormatIncomplete` when the archives do not hold everything that was counted, once.
 */
export function captureDatabase(
  tools: CaptureTools,
  source: PostgresqlSource,
  ready: Ready,
  database: string,
  properties: DatabaseProperties,
): Promise<{ facts: Facts; takenAt: Date }> {
  const limits = { lockTimeoutSeconds: source.lockTimeoutSeconds, signal: tools.signal };
  const { login } = ready;
  return withSnapshot(login, database, limits, async (snapshot, signal) => {
    const streams = await streamsFor(source, ready, database, snapshot, signal);
    const from = { ...ready, database, snapshot, lockTimeoutSeconds: limits.lockTimeoutSeconds };
    const [archives, { counted, sequences }] = await bothOrNeither(signal, (either) => [
      allOrNone(streams, (stream, all) => storeArchive(tools, from, stream, all), { signal: either }),
      inSnapshot(snapshot, login, database, either, async (client) => ({
        counted: await databaseFacts(client),
        sequences: await sequenceNames(client),
      })),
    ]);
    const wrong = [...incompleteness(counted, archives), ...sequencesNotOnce(sequences, archives)];
    if (wrong.length > 0) throw new FormatIncomplete(`database "${database}": ${wrong.join("; ")}`);
    return withClient(login, database, signal, async (client) => {
      const archived = await archivedSequences(client, archives); // these move outside of snapshots: what counts is what was dumped
      return { facts: allFacts(counted, archived, properties), takenAt: snapshot.takenAt };
    });
  });
}

async function streamsFor(
  { jobs, splitAbove }: PostgresqlSource,
  { login, bytes }: Ready,
  database: string,
  snapshot: Snapshot,
  signal: AbortSignal,
): Promise<DumpStream[]> {
  const size = bytes.get(database);
  if (jobs > 1 && size !== undefined && size > bytesOf(splitAbove)) {
    const { tables, otherBytes } = await inSnapshot(snapshot, login, database, signal, tableSizes);
    const split = splitTables(tables, otherBytes, jobs);
    if (split) return splitDump(database, split);
  }
  return [wholeDump(database, size)];
}

const inSnapshot = <T>(
  { id }: Snapshot,
  login: Login,
  database: string,
  signal: AbortSignal,
  work: (client: Client) => Promise<T>,
) =>
  withClient(login, database, signal, async (client) => {
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    await client.query(`SET TRANSACTION SNAPSHOT '${id}'`);
    return work(client);
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
