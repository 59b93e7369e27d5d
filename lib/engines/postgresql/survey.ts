import type { Client } from "pg";
import { z } from "zod";
import { InputInvalid } from "#domain/errors.ts";
import type { EngineTools } from "#ports/engine.ts";
import type { PostgresqlSource } from "./config.ts";
import { type Login, readLogin, rows, withClient } from "./connection.ts";
import { looksPooled } from "./pooler.ts";
import { missingRights } from "./rights.ts";
import { judgeSessions, readSessions, type Sessions } from "./sessions.ts";
import { findTool, type Tool } from "./tools-of-version.ts";
import { explainConnection, isAboutTheServer } from "./unreachable.ts";

/** Everything that a capture has to know beforehand. `ready` is there when there are no problems. */
export type Survey = { problems: string[]; findings: Record<string, string>; ready: Ready | undefined };
export type Ready = {
  login: Login;
  serverVersion: string;
  pgDump: Tool;
  pgDumpall: Tool;
  pgRestore: Tool;
  /** Whether `pg_authid` is open to the user. */
  withPasswords: boolean;
  isSuperuser: boolean;
  bytes: Map<string, number>;
};

/** Looks at every database before it says what is wrong, so that all of it can be mended at once. */
export async function survey(tools: EngineTools, source: PostgresqlSource): Promise<Survey> {
  const found: Survey = { problems: [], findings: {}, ready: undefined };
  let login: Login;
  try {
    login = await readLogin(tools, source);
  } catch (error) {
    if (!(error instanceof InputInvalid)) throw error;
    return { ...found, problems: [error.message] };
  }
  const bytes = new Map<string, number>();
  const sessions: { database: string; bytes: number; sessions: Sessions }[] = [];
  let server: z.infer<typeof Server> | undefined;
  for (const database of source.databases) {
    try {
      const seen = await withClient(login, database, tools.signal, (client) =>
        lookAt(client, login, database, tools.signal),
      );
      if ("pooler" in seen) return { ...found, problems: [seen.pooler] };
      server = seen.server;
      bytes.set(database, seen.bytes);
      sessions.push({ database, bytes: seen.bytes, sessions: seen.sessions });
      found.problems.push(...seen.problems);
      found.findings[`database "${database}"`] = `${seen.bytes} bytes, ${seen.tables} tables`;
    } catch (error) {
      tools.signal.throwIfAborted();
      found.problems.push(explainConnection(error, login, database));
      if (isAboutTheServer(error)) return found; // the other databases would say the same
    }
  }
  const [first, ...more] = sessions;
  if (!server || !first) return found;
  const { problems, finding } = judgeSessions(source, login.user, [first, ...more]);
  found.problems.push(...problems);
  const major = Math.floor(server.number / 10_000);
  Object.assign(found.findings, {
    server: `PostgreSQL ${server.version}`,
    sessions: finding,
    user: login.user,
    passwordsOfRoles: server.canReadPasswords ? "captured" : NO_PASSWORDS,
  });
  const [dump, dumpall, restore] = await Promise.all([
    findTool(tools, "pg_dump", major),
    findTool(tools, "pg_dumpall", major),
    findTool(tools, "pg_restore", major),
  ]);
  found.findings["pg_dump"] = dump.tool?.version ?? dump.inPath;
  if (!dump.tool || !dumpall.tool || !restore.tool) {
    const lacking = [dump, dumpall, restore].filter(({ tool }) => !tool).map(({ inPath }) => inPath);
    found.problems.push(
      `The server is PostgreSQL ${major} and must be dumped by tools of that version, and there is ${lacking.join(", ")}: install postgresql-client-${major} in the worker's image`,
    );
    return found;
  }
  if (found.problems.length === 0)
    found.ready = {
      login,
      serverVersion: server.version,
      pgDump: dump.tool,
      pgDumpall: dumpall.tool,
      pgRestore: restore.tool,
      withPasswords: server.canReadPasswords,
      isSuperuser: server.isSuperuser,
      bytes,
    };
  return found;
}

export const NO_PASSWORDS = "roles are captured without their passwords: pg_authid is closed to this user";

const Server = z.object({
  number: z.int(),
  version: z.string(),
  canReadPasswords: z.boolean(),
  isSuperuser: z.boolean(),
});
const Size = z.object({ bytes: z.coerce.number(), tables: z.int() });

async function lookAt(client: Client, login: Login, database: string, signal: AbortSignal) {
  const sessions = await readSessions(client);
  const pooled = await looksPooled(client, login, database, signal);
  if (pooled) return { pooler: pooled };
  const [server] = await rows(client, Server, SERVER);
  const [size] = await rows(client, Size, SIZE);
  if (!server || !size) throw new Error("a server has one version");
  return { server, sessions, ...size, problems: await missingRights(client, login.user, database) };
}

const SERVER = `
  select current_setting('server_version_num')::int as number, current_setting('server_version') as version,
    has_table_privilege('pg_catalog.pg_authid', 'select') as "canReadPasswords",
    (select rolsuper from pg_roles where rolname = current_user) as "isSuperuser"`;
const SIZE = `
  select pg_database_size(current_database()) as bytes,
    (select count(*)::int from pg_class where relkind in ('r', 'p') and oid >= 16384) as tables`;
