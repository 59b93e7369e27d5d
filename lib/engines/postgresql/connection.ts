import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client, DatabaseError } from "pg";
import { z } from "zod";
import { InputInvalid } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import type { EngineTools } from "#ports/engine.ts";
import type { PostgresqlTarget } from "./config.ts";

export type Login = PostgresqlTarget["connection"] & { user: string; password: string; caFile?: string };

const CONNECT_TIMEOUT_SECONDS = 15;

const Secret = z.object({ username: z.string().min(1), password: z.string() });

/** Who to be. Throws `InputInvalid`, without the secret's content, when the secret is not one of a database. */
export async function readLogin(tools: EngineTools, { connection, secret }: PostgresqlTarget): Promise<Login> {
  const found = Secret.safeParse(await tools.secrets.read(secret));
  if (!found.success) throw new InputInvalid(`${secret}: must be a JSON object with "username" and "password"`);
  const login = { ...connection, user: found.data.username, password: found.data.password };
  if (typeof connection.tls === "string") return login;
  const caFile = join(tools.workDir, `ca-${sha256(connection.tls.ca).slice(0, 16)}.pem`); // libpq takes no certificate but in a file
  await writeFile(caFile, connection.tls.ca);
  return { ...login, caFile };
}

/**
 * A session of its own, ended with `work`; an abort ends it in the middle of a statement. Timeouts that the server or
 * the role brings along are off, and what the session prints does not depend on them either.
 */
export async function withClient<T>(
  login: Login,
  database: string,
  signal: AbortSignal,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const client = await connect(login, database);
  const stop = () => void client.end();
  signal.addEventListener("abort", stop, { once: true });
  try {
    signal.throwIfAborted();
    await client.query(SETTINGS);
    return await work(client);
  } catch (error) {
    signal.throwIfAborted(); // "Connection terminated" is not what a person wants to read after a stop
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    await client.end();
  }
}

/** Throws pg's errors: codes of Node (`ECONNREFUSED`) or SQLSTATEs (`28P01`). */
async function connect(login: Login, database: string): Promise<Client> {
  if (login.tls === "disable") return open(login, database, false);
  try {
    return await open(login, database, true);
  } catch (error) {
    const isRefused = error instanceof Error && /does not support SSL/.test(error.message);
    if (login.tls === "prefer" && isRefused) return open(login, database, false);
    throw error;
  }
}

async function open(
  { host, port, user, password, tls }: Login,
  database: string,
  isEncrypted: boolean,
): Promise<Client> {
  const client = new Client({
    host,
    port,
    user,
    password,
    database,
    ssl: isEncrypted && (typeof tls === "string" ? { rejectUnauthorized: false } : { ca: tls.ca }),
    application_name: "holdfast",
    connectionTimeoutMillis: CONNECT_TIMEOUT_SECONDS * 1000,
    keepAlive: true,
  });
  client.on("error", () => {}); // a lost session fails its next statement; without a listener it ends the process
  await client.connect();
  return client;
}

/** Rows, checked. `bigint` comes as a string. */
export async function rows<T extends z.ZodType>(
  client: Client,
  row: T,
  sql: string,
  values: unknown[] = [],
): Promise<z.infer<T>[]> {
  const { rows: found } = await client.query(sql, values);
  return z.array(row).parse(found);
}

export const hasCode = (error: unknown, ...codes: string[]) =>
  error instanceof DatabaseError && error.code !== undefined && codes.includes(error.code);

/**
 * The environment of pg_dump and its like. The database goes in here too: as an argument, a name with `=` in it would be
 * read as a connection string.
 */
export const toolEnv = (login: Login, database: string) => ({
  PGHOST: login.host,
  PGPORT: String(login.port),
  PGUSER: login.user,
  PGPASSWORD: login.password,
  PGSSLMODE: typeof login.tls === "string" ? login.tls : login.tls.mode,
  ...(login.caFile === undefined ? {} : { PGSSLROOTCERT: login.caFile }),
  PGDATABASE: database,
  PGAPPNAME: "holdfast",
  PGCONNECT_TIMEOUT: String(CONNECT_TIMEOUT_SECONDS),
});

// Only settings that this server has. A worker that vanishes is noticed within a minute, so that its locks go too.
const SETTINGS = `
  select set_config(name, wanted, false) from pg_catalog.pg_settings join (values
    ('statement_timeout', '0'), ('lock_timeout', '0'), ('transaction_timeout', '0'),
    ('idle_in_transaction_session_timeout', '0'), ('idle_session_timeout', '0'),
    ('tcp_keepalives_idle', '30'), ('tcp_keepalives_interval', '10'), ('tcp_keepalives_count', '3'),
    ('client_connection_check_interval', '5000'), ('default_transaction_read_only', 'off'),
    ('search_path', 'pg_catalog'), ('row_security', 'off'), ('quote_all_identifiers', 'off'),
    ('datestyle', 'ISO, YMD'), ('intervalstyle', 'postgres'), ('timezone', 'UTC'), ('bytea_output', 'hex'),
    ('extra_float_digits', '1'), ('client_min_messages', 'warning')
  ) as wants(wish, wanted) on lower(name) = wish -- the server calls it TimeZone`;
