import { z } from "zod";
import type { RestoreId } from "#domain/ids.ts";
import type { EngineTools } from "#ports/engine.ts";
import { dropDatabase } from "./beside.ts";
import type { PostgresqlTarget } from "./config.ts";
import { readLogin, rows } from "./connection.ts";
import { withServer } from "./server.ts";

/**
 * Drops the databases that a restore, or its rollback, has kept. One that a rollback takes back meanwhile has another name
 * before it could be dropped, or is dropped before it could be taken: the server locks it for both.
 */
export async function dropOld(tools: EngineTools, target: PostgresqlTarget, restoreId: RestoreId): Promise<string[]> {
  const login = await readLogin(tools, target);
  return withServer(login, [], tools.signal, async (admin) => {
    const kept = await rows(admin, z.object({ name: z.string() }), KEPT, [
      `^holdfast_(old|undone)_${restoreId}_[0-9]+$`,
    ]);
    const dropped: string[] = [];
    for (const { name } of kept) {
      await dropDatabase(admin, login, name, tools.signal);
      dropped.push(`database "${name}"`);
    }
    return dropped;
  });
}

const KEPT = "select datname as name from pg_database where datname ~ $1 order by datname";
