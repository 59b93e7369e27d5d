import { DatabaseError, escapeIdentifier as name } from "pg";
import { describeError } from "#domain/errors.ts";
import { hasCode, type Login } from "./connection.ts";

const INVALID_PASSWORD = "28P01";
const INVALID_AUTHORIZATION = "28000";
const UNKNOWN_DATABASE = "3D000";
const INSUFFICIENT_PRIVILEGE = "42501";
const NOT_ACCEPTING = "55000";
const TOO_MANY_CONNECTIONS = "53300";

/** Why there is no session, and what mends it. Throws what is none of that. */
export function explainConnection(error: unknown, { host, port, user }: Login, database: string): string {
  const said = describeError(error).message;
  const at = `${host}:${port}`;
  if (hasCode(error, INVALID_PASSWORD)) return `${at} refuses the password of user "${user}": correct the secret`;
  if (hasCode(error, INVALID_AUTHORIZATION))
    return `${at} refuses user "${user}" (${said}): let it log in, in pg_hba.conf and with ALTER ROLE ${name(user)} LOGIN;`;
  if (hasCode(error, UNKNOWN_DATABASE))
    return `There is no database "${database}" on ${at}: correct "databases" in the plan`;
  if (hasCode(error, INSUFFICIENT_PRIVILEGE))
    return `User "${user}" may not connect to database "${database}": GRANT CONNECT ON DATABASE ${name(database)} TO ${name(user)};`;
  if (hasCode(error, NOT_ACCEPTING))
    return `Database "${database}" accepts no connections: ALTER DATABASE ${name(database)} ALLOW_CONNECTIONS true;`;
  if (hasCode(error, TOO_MANY_CONNECTIONS))
    return `${at} has no connection left for user "${user}" (${said}): raise max_connections, or the connection limit of the role or database`;
  if (isAboutTheServer(error)) return `${at} can't be reached (${said}): check host, port, security group and TLS`;
  if (error instanceof DatabaseError) return `Database "${database}": ${said}`;
  throw error; // nothing that a person could mend
}

/** Another database on the same server would not do better. */
export const isAboutTheServer = (error: unknown) =>
  hasCode(error, INVALID_PASSWORD, INVALID_AUTHORIZATION) ||
  (error instanceof Error && !(error instanceof DatabaseError) && (isOfNode(error) || OF_PG.test(error.message)));

/** `ECONNREFUSED`, `ENOTFOUND`, `ERR_TLS_…` */
const isOfNode = (error: Error) => "code" in error && typeof error.code === "string";
const OF_PG = /timeout expired|Connection terminated|SSL connection/;
