import { setTimeout as wait } from "node:timers/promises";
import { type Client, escapeIdentifier as name } from "pg";
import { z } from "zod";
import { type Login, rows } from "./connection.ts";
import { withServer } from "./server.ts";

/**
 * `current`: the name that applications use, whether or not there is such a database yet. Without `kept` there must be none:
 * the swap fails as a whole.
 */
export type Move = { current: string; beside: string; kept: string | undefined };

const END_SESSIONS_EVERY_MS = 50;

/**
 * Puts all databases in place at once, in one transaction: whatever happens, either all names mean the new databases or
 * all mean the old ones. While a database is being renamed the server lets nobody in; sessions that were there are ended,
 * as long as it takes. Gives, for people, the sessions it ended. When it throws, the target is as it was.
 */
export async function swap(
  admin: Client,
  login: Login,
  moves: Move[],
  signal: AbortSignal,
): Promise<{ ended: string[]; replaced: string[] }> {
  const names = moves.map(({ current }) => current);
  const replaceable = moves.flatMap(({ current, kept }) => (kept === undefined ? [] : [current]));
  const replaced = (
    await rows(admin, Named, "select datname as name from pg_database where datname = any($1)", [replaceable])
  ).map((found) => found.name);
  const beside = await oidsOf(
    admin,
    moves.map((move) => move.beside),
  );
  const ended = new Set<string>();
  const done = new AbortController();
  const ending = withServer(login, names, signal, (client) =>
    endSessions(client, [...replaced, ...moves.map((move) => move.beside)], ended, done.signal),
  );
  const failed = ending.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  try {
    await admin.query("BEGIN");
    await admin.query("SET LOCAL lock_timeout = '30s'");
    for (const { current, beside, kept } of moves) {
      if (kept !== undefined && replaced.includes(current))
        await admin.query(`ALTER DATABASE ${name(current)} RENAME TO ${name(kept)}`);
      await admin.query(`ALTER DATABASE ${name(beside)} RENAME TO ${name(current)}`);
      await admin.query(`ALTER DATABASE ${name(current)} ALLOW_CONNECTIONS true`);
    }
    signal.throwIfAborted();
    await admin.query("COMMIT");
  } catch (error) {
    await admin.query("ROLLBACK").catch(() => {}); // no session, no transaction
    if (await isSwapped(login, names, beside)) return { ended: [...ended], replaced }; // only the answer to COMMIT was lost
    done.abort();
    throw (await failed)?.error ?? error;
  } finally {
    done.abort();
    await failed;
  }
  return { ended: [...ended], replaced };
}

const Named = z.object({ name: z.string() });

async function endSessions(client: Client, databases: string[], ended: Set<string>, done: AbortSignal): Promise<void> {
  const oids = await oidsOf(client, databases); // names change on the way
  while (!done.aborted) {
    for (const { who } of await rows(client, z.object({ who: z.string().nullable() }), END, [oids]))
      if (who !== null) ended.add(who);
    await wait(END_SESSIONS_EVERY_MS);
  }
}

async function oidsOf(client: Client, databases: string[]): Promise<string[]> {
  const found = await rows(
    client,
    z.object({ oid: z.coerce.string() }),
    "select oid from pg_database where datname = any($1) order by oid",
    [databases],
  );
  return found.map(({ oid }) => oid);
}

async function isSwapped(login: Login, names: string[], beside: string[]): Promise<boolean> {
  const never = new AbortController().signal;
  const now = await withServer(login, names, never, (client) => oidsOf(client, names));
  return now.length === beside.length && now.every((oid) => beside.includes(oid));
}

// Our own sessions are ended too, and not worth a note.
const END = `
  select case when application_name <> 'holdfast' and backend_type = 'client backend' then
      format('session %s of %s (%s, from %s) on database "%s"', pid, usename, coalesce(nullif(application_name, ''), 'no name'), coalesce(host(client_addr), 'a local socket'), datname) end as who,
    pg_terminate_backend(pid)
  from pg_stat_activity where datid = any($1::oid[]) and pid <> pg_backend_pid()`;
