import type { Client } from "pg";
import prettyBytes from "pretty-bytes";
import { z } from "zod";
import type { EngineTools, PointToRestore, TargetState } from "#ports/engine.ts";
import { type Chosen, chooseDatabases } from "./chosen.ts";
import type { PostgresqlTarget } from "./config.ts";
import { type Login, readLogin, rows, withClient } from "./connection.ts";
import { unfit } from "./fitness.ts";
import { markOf } from "./mark.ts";
import { readServer, withServer } from "./server.ts";

/** What a restore of this point would meet. How much room there is can't be asked over SQL, so nothing is said of it. */
export async function inspect(
  tools: EngineTools,
  target: PostgresqlTarget,
  point: PointToRestore,
): Promise<TargetState> {
  const login = await readLogin(tools, target);
  const chosen = chooseDatabases(point);
  return withServer(
    login,
    chosen.map(({ restored }) => restored),
    tools.signal,
    (client) => inspectServer(client, login, chosen, point, tools),
  );
}

/** The same over a session that is there already. */
export async function inspectServer(
  client: Client,
  login: Login,
  chosen: Chosen[],
  point: PointToRestore,
  tools: EngineTools,
): Promise<TargetState> {
  const server = await readServer(client, login);
  const found = await rows(client, Existing, EXISTING, [chosen.map(({ restored }) => restored)]);
  const holds: TargetState["holds"] = [];
  for (const { name, oid, bytes, isOpen } of found) {
    const seen = isOpen ? await lookInto(login, name, tools.signal) : undefined;
    const size = prettyBytes(bytes);
    holds.push(
      seen
        ? { name, mark: seen.mark, what: `database "${name}", ${size}, ${seen.tables} tables` }
        : { name, mark: `unreadable/${oid}`, what: `database "${name}", ${size}, which accepts no connections` },
    );
  }
  return { fingerprint: server.fingerprint, holds, problems: await unfit(client, login, server, chosen, point, tools) };
}

const lookInto = (login: Login, database: string, signal: AbortSignal) =>
  withClient(login, database, signal, async (client) => {
    const [size] = await rows(
      client,
      z.object({ tables: z.int() }),
      "select count(*)::int as tables from pg_class where relkind in ('r', 'p') and oid >= 16384",
    );
    return { mark: await markOf(client), tables: size?.tables ?? 0 };
  });

const Existing = z.object({ name: z.string(), oid: z.coerce.string(), bytes: z.coerce.number(), isOpen: z.boolean() });
const EXISTING = `
  select datname as name, oid, pg_database_size(oid) as bytes, datallowconn as "isOpen"
  from pg_database where datname = any($1) order by datname`;
