import { z } from "zod";
import { describeError, HookFailed } from "#domain/errors.ts";
import type { EngineTools, Statement } from "#ports/engine.ts";
import type { PostgresqlTarget } from "./config.ts";
import { hasCode, readLogin, rows, withClient } from "./connection.ts";

const QUERY_CANCELED = "57014";
const Session = z.object({ pid: z.int() });

/** As the user of the secret. When its time is up the server is told to end it; waiting for a lock counts. */
export async function runSql(
  tools: EngineTools,
  server: PostgresqlTarget,
  { database, statement, timeoutMs }: Statement,
): Promise<void> {
  const login = await readLogin(tools, server);
  await withClient(login, database, tools.signal, async (client) => {
    const [session] = await rows(client, Session, "select pg_backend_pid() as pid");
    await client.query("select set_config('statement_timeout', $1, false)", [String(timeoutMs)]); // of each; whatever becomes of us
    await client.query("reset search_path; reset row_security"); // the statement is read as psql would read it
    // Going away ends nothing: a statement that waits for a lock would be run by a server that nobody listens to.
    const cancel = () =>
      withClient(login, database, tools.signal, (other) =>
        other.query("select pg_cancel_backend($1)", [session?.pid]),
      ).catch((error: unknown) => tools.log.error("a hook could not be ended", { error: describeError(error) }));
    const timer = setTimeout(cancel, timeoutMs);
    try {
      await client.query(statement);
    } catch (error) {
      if (!hasCode(error, QUERY_CANCELED)) throw error;
      throw new HookFailed(`the statement did not end within ${timeoutMs / 1000} s, and was ended`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  });
}
