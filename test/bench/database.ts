import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pWaitFor from "p-wait-for";
import { execIn } from "../../local/podman.ts";
import { benchAddresses, start } from "./containers.ts";

const CONTAINER = "holdfast-bench-postgresql";
const EMPTY_CLUSTER = "/var/lib/postgresql/empty";
const SETTINGS = {
  shared_buffers: "512MB",
  max_wal_size: "8GB",
  wal_level: "minimal", // the seeding writes its tables without WAL
  max_wal_senders: "0",
  fsync: "off",
  autovacuum: "off",
};

export type Database = { pid: number; password: string; name: "shop" };

/** PostgreSQL 17 of the bench's own, which nobody has used yet. */
export async function startDatabase(image: string): Promise<Database> {
  const password = crypto.randomUUID();
  const pid = await start({
    name: CONTAINER,
    image,
    options: [
      `--publish=${benchAddresses.host}:${benchAddresses.database}:5432`,
      "--shm-size=1g",
      `--env=PGDATA=${EMPTY_CLUSTER}`,
    ],
    argv: ["postgres", ...Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
  });
  const login = `ALTER ROLE postgres PASSWORD '${password}';`;
  await pWaitFor(async () => (await psql("postgres", login)).exitCode === 0, {
    interval: 100,
    timeout: { milliseconds: 60_000, message: "the PostgreSQL of the bench takes no login" },
  });
  return { pid, password, name: "shop" };
}

/** The same rows each time. `scale` 1 makes a dump of more than 2 GB. */
export async function seedDatabase(scale: number): Promise<void> {
  const seed = await readFile(join(import.meta.dirname, "seed.sql"), "utf8");
  for (const [database, sql] of [
    ["postgres", "CREATE DATABASE shop;"],
    ["shop", seed],
  ] as const) {
    const { exitCode, stderr } = await psql(database, sql, ["-v", `scale=${scale}`]);
    if (exitCode !== 0) throw new Error(`the bench's database could not be seeded: ${stderr}`);
  }
}

export const createDatabase = (name: string) => statement(`CREATE DATABASE ${name} TEMPLATE template0;`);
/** Not there is fine. */
export const dropDatabase = (name: string) => statement(`DROP DATABASE IF EXISTS ${name} WITH (FORCE);`);

async function statement(sql: string): Promise<void> {
  const { exitCode, stderr } = await psql("postgres", sql);
  if (exitCode !== 0) throw new Error(`${sql} failed: ${stderr}`);
}

const psql = (database: string, input: string, options: readonly string[] = []) =>
  execIn(CONTAINER, ["psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", ...options, "-d", database], {
    input,
    timeoutMs: 1_200_000,
  });
