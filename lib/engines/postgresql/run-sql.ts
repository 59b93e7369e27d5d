import { HookFailed } from "#domain/errors.ts";
import type { EngineTools, Statement } from "#ports/engine.ts";
import type { PostgresqlTarget } from "./config.ts";
import { hasCode, readLogin, withClient } from "./connection.ts";

const QUERY_CANCELED = "57014";

/** As the user of the secret. Its time covers all of it, and each statement of it in the server; waiting for a lock counts. */
export async function runSql(
  tools: EngineTools,
  server: PostgresqlTarget,
  { database, statement, timeoutMs }: Statement,
): Promise<void> {
  const login = await readLogin(tools, server);
  const tooLate = AbortSignal.timeout(timeoutMs);
  try {
    await withClient(login, database, AbortSignal.any([tools.signal, tooLate]), async (client) => {
      await client.query("reset search_path; reset row_security"); // the statement is read as psql would read it
      await client.query("select pg_catalog.set_config('statement_timeout', $1, false)", [String(timeoutMs)]);
      await client.query(statement);
    });
  } catch (error) {
    if (tooLate.aborted || hasCode(error, QUERY_CANCELED))
      throw new HookFailed(`the statement did not end within ${timeoutMs / 1000} s, and was ended`, { cause: error });
    throw error;
  }
}
