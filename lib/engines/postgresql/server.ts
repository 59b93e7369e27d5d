import type { Client } from "pg";
import { z } from "zod";
import { hasCode, type Login, rows, withClient } from "./connection.ts";

const UNKNOWN_DATABASE = "3D000";

export type Server = z.infer<typeof Server> & { fingerprint: string; major: number };

/**
 * A session from which databases can be made and renamed: a database can't be renamed by who is connected to it, so
 * `except` are the names that this restore is about.
 */
export async function withServer<T>(
  login: Login,
  except: string[],
  signal: AbortSignal,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  if (except.includes("postgres")) return withClient(login, "template1", signal, work);
  let isThere = false;
  try {
    return await withClient(login, "postgres", signal, (client) => {
      isThere = true;
      return work(client);
    });
  } catch (error) {
    if (isThere || !hasCode(error, UNKNOWN_DATABASE)) throw error;
    return withClient(login, "template1", signal, work);
  }
}

/** Two servers have the same system identifier only when one is a physical copy of the other: then the address differs. */
export async function readServer(client: Client, { host, port }: Login): Promise<Server> {
  const [found] = await rows(client, Server, SERVER);
  if (!found) throw new Error("a server has one version");
  return {
    ...found,
    major: Math.floor(found.number / 10_000),
    fingerprint: `postgresql ${found.system} ${found.number} ${host}:${port}${found.isInRecovery ? " standby" : ""}`,
  };
}

const Server = z.object({
  number: z.int(),
  version: z.string(),
  system: z.string(),
  isInRecovery: z.boolean(),
  isSuperuser: z.boolean(),
  canCreateDatabases: z.boolean(),
  canCreateRoles: z.boolean(),
  canEndSessions: z.boolean(),
});
const SERVER = `
  select current_setting('server_version_num')::int as number, current_setting('server_version') as version,
    (select system_identifier::text from pg_control_system()) as system, pg_is_in_recovery() as "isInRecovery",
    rolsuper as "isSuperuser", rolsuper or rolcreatedb as "canCreateDatabases", rolsuper or rolcreaterole as "canCreateRoles",
    rolsuper or pg_has_role('pg_signal_backend', 'usage') as "canEndSessions"
  from pg_roles where rolname = current_user`;
