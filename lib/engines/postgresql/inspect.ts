import type { Client } from "pg";
import prettyBytes from "pretty-bytes";
import { z } from "zod";
import type { EngineTools, PointToRestore, TargetState } from "#ports/engine.ts";
import { type Chosen, chooseDatabases } from "./chosen.ts";
import type { PostgresqlTarget } from "./config.ts";
import { hasCode, type Login, readLogin, rows, withClient } from "./connection.ts";
import { unfit } from "./fitness.ts";
import { markOf } from "./mark.ts";
import { readServer, withServer } from "./server.ts";
import { explainConnection, isAboutTheServer } from "./unreachable.ts";

/** What a restore of this point would meet. How much room there is can't be asked over SQL, so nothing is said of it. */
export async function inspect(
  tools: EngineTools,
  target: PostgresqlTarget,
  point: PointToRestore,
): Promise<TargetState> {
  const login = await readLogin(tools, target);
  const chosen = point.artifacts.length === 0 ? [] : chooseDatabases(point);
  const names = chosen.map(({ restored }) => restored);
  try {
    return await withServer(login, names, tools.signal, (client) => look(client, login, chosen, point, tools));
  } catch (error) {
    if (!isAboutTheServer(error)) throw error;
    return { fingerprint: "not reached", holds: [], problems: [explainConnection(error, login, "postgres")] };
  }
}

async function look(client: Client, login: Login, chosen: Chosen[], point: PointToRestore, tools: EngineTools) {
  const server = await readServer(client, login);
  const found = await rows(client, Existing, EXISTING, [chosen.map(({ restored }) => restored)]);
  const holds: TargetState["holds"] = [];
  for (const { name, oid, bytes, isOpen } of found) {
    const seen = isOpen ? await lookInto(login, name, tools.signal) : undefined;
    const size = bytes === null ? "" : `, ${prettyBytes(bytes)}`;
    holds.push(
      seen
        ? { name, mark: seen.mark, what: `database "${name}"${size}, ${seen.tables} tables` }
        : { name, mark: `unreadable/${oid}`, what: `database "${name}"${size}, which this user can't look into` },
    );
  }
  return { fingerprint: server.fingerprint, holds, problems: await unfit(client, login, server, chosen, point, tools) };
}

/** `undefined` where the user may not: such a database is never taken for one that holdfast put there. */
async function lookInto(login: Login, database: string, signal: AbortSignal) {
  try {
    return await withClient(login, database, signal, async (client) => {
      const [size] = await rows(client, Size, SIZE);
      return { mark: await markOf(client), tables: size?.tables ?? 0 };
    });
  } catch (error) {
    if (hasCode(error, INSUFFICIENT_PRIVILEGE)) return undefined;
    throw error;
  }
}

const INSUFFICIENT_PRIVILEGE = "42501";
const Size = z.object({ tables: z.int() });
const SIZE = "select count(*)::int as tables from pg_class where relkind in ('r', 'p') and oid >= 16384";
const Existing = z.object({
  name: z.string(),
  oid: z.coerce.string(),
  bytes: z.coerce.number().nullable(),
  isOpen: z.boolean(),
});
const EXISTING = `
  select datname as name, oid, case when has_database_privilege(oid, 'connect') or pg_has_role('pg_read_all_stats', 'usage') then pg_database_size(oid) end as bytes, datallowconn as "isOpen"
  from pg_database where datname = any($1) order by datname`;
