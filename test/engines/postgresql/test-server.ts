import { randomBytes } from "node:crypto";
import { Client } from "pg";

/** A superuser's URL of a server that the tests may use as they like: `postgres://user:password@host:port/postgres`. */
const url = new URL(process.env["HOLDFAST_TEST_PG_URL"] ?? "postgres://postgres:postgres@127.0.0.1:5432/postgres");
export const superuser = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
export const server = { host: url.hostname, port: Number(url.port || 5432) };

export const login = () => ({ ...superuser, ...server });

export type Who = { username: string; password: string };
export const unique = (name: string) => `${name}_${randomBytes(4).toString("hex")}`;

/** Runs statements as the superuser, or as somebody else, in a database. */
export async function sql(
  database: string,
  statements: string,
  who: Who = superuser,
): Promise<Record<string, unknown>[]> {
  const client = await session(database, who);
  try {
    const result = await client.query(statements);
    const last = Array.isArray(result) ? result.at(-1) : result;
    return last.rows;
  } finally {
    await client.end();
  }
}

export async function session(database: string, who: Who = superuser, name = "test"): Promise<Client> {
  const client = new Client({
    ...server,
    user: who.username,
    password: who.password,
    database,
    application_name: name,
  });
  client.on("error", () => {}); // sessions that a test has ended
  await client.connect();
  return client;
}

/** Makes databases and roles of its own names, and drops them afterwards with all that restores have left of them. */
export function belongings() {
  const databases: string[] = [];
  const roles: string[] = [];
  return {
    async database(name: string, statements: string | string[] = [], options = ""): Promise<string> {
      const made = unique(name);
      databases.push(made);
      await sql("postgres", `CREATE DATABASE ${quote(made)} ${options}`);
      for (const statement of [statements].flat()) await sql(made, statement);
      return made;
    },
    async role(name: string, options = ""): Promise<string> {
      const made = unique(name);
      roles.push(made);
      await sql("postgres", `CREATE ROLE ${quote(made)} ${options}`);
      return made;
    },
    alsoDrops(database: string): string {
      databases.push(database);
      return database;
    },
    async drop(): Promise<void> {
      for (const { datname } of await sql(
        "postgres",
        `select datname from pg_database where datname ~ '^holdfast_(old_)?2026'`,
      ))
        databases.push(String(datname));
      for (const database of databases) {
        for (const { subname } of await sql("postgres", subscriptionsOf(database))) {
          await sql("postgres", `ALTER DATABASE ${quote(database)} ALLOW_CONNECTIONS true`);
          for (const statement of ["DISABLE", "SET (slot_name = NONE)"])
            await sql(database, `ALTER SUBSCRIPTION ${quote(String(subname))} ${statement}`);
          await sql(database, `DROP SUBSCRIPTION ${quote(String(subname))}`);
        }
        await sql("postgres", `DROP DATABASE IF EXISTS ${quote(database)} WITH (FORCE)`);
      }
      for (const role of roles) await sql("postgres", `DROP ROLE IF EXISTS ${quote(role)}`);
    },
  };
}

export const quote = (name: string) => `"${name.replaceAll('"', '""')}"`;
export const databaseNames = async () =>
  (await sql("postgres", "select datname from pg_database order by 1")).map(({ datname }) => String(datname));
const subscriptionsOf = (database: string) =>
  `select subname from pg_subscription where subdbid = (select oid from pg_database where datname = '${database.replaceAll("'", "''")}')`;
