import type { Client } from "pg";
import { z } from "zod";
import { type Login, rows, withClient } from "./connection.ts";

const ROUNDS = 4;

/**
 * Says so when a pooler hands a session's transactions to whichever server process is free. Two signs, each in several
 * rounds: two sessions that are open at once are served by one process, or one session by several; and a setting made for
 * the session is gone. A pooler that keeps one process per session does no harm.
 */
export async function looksPooled(
  client: Client,
  login: Login,
  database: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  return withClient(login, database, signal, async (other) => {
    const mine = new Set<number>();
    const theirs = new Set<number>();
    for (let round = 0; round < ROUNDS; round++) {
      const mark = `holdfast.mark_${round}`;
      await client.query("select set_config($1, 'mine', false)", [mark]);
      await other.query("select set_config($1, 'theirs', false)", [mark]);
      mine.add(await seenBy(client, mark, "mine"));
      theirs.add(await seenBy(other, mark, "theirs"));
    }
    const isShared =
      mine.has(LOST) ||
      theirs.has(LOST) ||
      mine.size > 1 ||
      theirs.size > 1 ||
      [...mine].some((pid) => theirs.has(pid));
    return isShared
      ? `${login.host}:${login.port} is a pooler that shares server processes between sessions (PgBouncer's pool_mode transaction or statement, or the like): name the server itself in the plan, or a pool in session mode`
      : undefined;
  });
}

const LOST = -1;
const Seen = z.object({ pid: z.int(), value: z.string().nullable() });

async function seenBy(client: Client, mark: string, value: string): Promise<number> {
  const [seen] = await rows(client, Seen, "select pg_backend_pid() as pid, current_setting($1, true) as value", [mark]);
  return seen?.value === value ? seen.pid : LOST;
}
