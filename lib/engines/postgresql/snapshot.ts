import { type Client, escapeIdentifier } from "pg";
import { z } from "zod";
import { SourceBusy } from "#domain/errors.ts";
import { TABLES } from "./catalog-sql.ts";
import { hasCode, type Login, rows, withClient } from "./connection.ts";
import { watchWaiters } from "./lock-watch.ts";

/** `id` is for `SET TRANSACTION SNAPSHOT`; everything that was committed before `takenAt`, by the server's clock, is in it. */
export type Snapshot = { id: string; takenAt: Date; pid: number };
type Limits = { lockTimeoutSeconds: number; signal: AbortSignal };

const MOST_TRIES = 5;
const TABLES_PER_STATEMENT = 500;
const LOCK_NOT_AVAILABLE = "55P03";
const UNDEFINED_TABLE = "42P01";
const UNDEFINED_SCHEMA = "3F000";

/**
 * Holds a snapshot of one database, and a lock on each of its tables, for as long as `work` takes. The locks come first: a
 * table that is truncated after the snapshot was exported, and before pg_dump has locked it, is dumped as empty with exit 0.
 * `work` is stopped, and `SourceBusy` thrown, when another session has had to wait behind the locks for too long.
 */
export async function withSnapshot<T>(
  login: Login,
  database: string,
  { lockTimeoutSeconds, signal }: Limits,
  work: (snapshot: Snapshot, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return withClient(login, database, signal, async (coordinator) => {
    const snapshot = await lockThenExport(coordinator, login, database, { lockTimeoutSeconds, signal });
    const stop = new AbortController();
    coordinator.once("end", () =>
      stop.abort(new SourceBusy(`database "${database}": the session that holds the snapshot was ended`)),
    );
    const watch = watchWaiters(login, database, { coordinator, pid: snapshot.pid, lockTimeoutSeconds, stop, signal });
    try {
      const result = await work(snapshot, AbortSignal.any([signal, stop.signal]));
      stop.signal.throwIfAborted(); // a session that was lost on the way has let go of its locks
      return result;
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : error; // what `work` says then is only that it was stopped
    } finally {
      await watch.end();
    }
  });
}

async function lockThenExport(
  client: Client,
  login: Login,
  database: string,
  { lockTimeoutSeconds, signal }: Limits,
): Promise<Snapshot> {
  await client.query("select set_config('lock_timeout', $1, false)", [`${lockTimeoutSeconds}s`]);
  for (let tries = 0; tries < MOST_TRIES; tries++) {
    const listed = await listTables(client);
    await client.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); // the snapshot is taken by the first query, not here
    try {
      for (let from = 0; from < listed.length; from += TABLES_PER_STATEMENT)
        await client.query(
          `LOCK TABLE ${listed
            .slice(from, from + TABLES_PER_STATEMENT)
            .map(({ name }) => `ONLY ${name}`)
            .join(", ")} IN ACCESS SHARE MODE`,
        );
      const [exported] = await rows(
        client,
        Exported,
        "select statement_timestamp() as at, pg_export_snapshot() as id, pg_backend_pid() as pid",
      );
      const seen = await listTables(client);
      if (exported && sameTables(listed, seen)) return { id: exported.id, takenAt: exported.at, pid: exported.pid };
    } catch (error) {
      if (hasCode(error, LOCK_NOT_AVAILABLE)) throw await whoHolds(login, database, lockTimeoutSeconds, signal);
      if (!hasCode(error, UNDEFINED_TABLE, UNDEFINED_SCHEMA)) throw error; // dropped since it was listed: look again
    }
    await client.query("ROLLBACK");
  }
  throw new SourceBusy(
    `database "${database}": tables came and went ${MOST_TRIES} times while they were being locked; capture it at a quieter time`,
  );
}

const Exported = z.object({ id: z.string(), at: z.date(), pid: z.int() });
const Table = z.object({ oid: z.coerce.string(), nspname: z.string(), relname: z.string() });

async function listTables(client: Client) {
  const found = await rows(client, Table, `select oid, nspname, relname from (${TABLES}) t`);
  return found.map(({ oid, nspname, relname }) => ({
    oid,
    name: `${escapeIdentifier(nspname)}.${escapeIdentifier(relname)}`,
  }));
}

const sameTables = (listed: { oid: string; name: string }[], seen: { oid: string; name: string }[]) => {
  const keys = new Set(listed.map(({ oid, name }) => `${oid} ${name}`));
  return keys.size === seen.length && seen.every(({ oid, name }) => keys.has(`${oid} ${name}`));
};

async function whoHolds(login: Login, database: string, seconds: number, signal: AbortSignal): Promise<SourceBusy> {
  const holders = await withClient(login, database, signal, (client) =>
    rows(client, z.object({ who: z.string() }), HOLDERS),
  );
  const named = holders.length > 0 ? `: ${holders.map(({ who }) => who).join("; ")}` : "";
  return new SourceBusy(
    `database "${database}": waited ${seconds} s for a lock that another session holds${named}. Nothing was captured`,
  );
}

const HOLDERS = `
  select distinct format('pid %s of %s (%s) holds %s on %s', l.pid, a.usename, coalesce(nullif(a.application_name, ''), 'no name'), l.mode, l.relation::regclass) as who
  from pg_locks l left join pg_stat_activity a on a.pid = l.pid
  where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.granted
    and l.database = (select oid from pg_database where datname = current_database()) and l.relation >= 16384`;
