import { z } from "zod";
import { ByteSize } from "#domain/byte-size.ts";
import { SecretArn } from "#domain/plan.ts";

const MOST_BYTES = 63; // NAMEDATALEN - 1: the server cuts longer names off without an error

/** A database's name as it is, never quoted. */
const DatabaseName = z
  .string()
  .min(1)
  .refine((name) => !name.includes("\0"), "must not hold a zero byte")
  .refine((name) => Buffer.byteLength(name) <= MOST_BYTES, `must have at most ${MOST_BYTES} bytes`);

/** As libpq's `verify-full`: only a server whose certificate is of this authority and for this host is talked to. */
const VerifyFull = z.strictObject({
  mode: z.literal("verify-full"),
  ca: z
    .string()
    .regex(/^-----BEGIN CERTIFICATE-----\n[\s\S]+-----END CERTIFICATE-----\s*$/, "must be PEM certificates"),
});

/** A server and not a pooler: snapshots and locks belong to sessions. */
const Connection = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(5432),
  tls: z.union([z.enum(["disable", "prefer", "require"]), VerifyFull]).default("prefer"),
});

const Jobs = z.int().min(1).max(16).default(4);

/** The secret is a JSON object with `username` and `password`, as RDS writes it. */
export const PostgresqlSource = z.strictObject({
  connection: Connection,
  secret: SecretArn,
  databases: z
    .array(DatabaseName)
    .min(1)
    .refine((names) => new Set(names).size === names.length, "must name each database once"),
  /** How long the capture waits for a lock, and how long it lets others wait for its own before it gives way. */
  lockTimeoutSeconds: z.int().min(1).max(3600).default(30),
  /** How many streams of rows a database is dumped in at the same time, where it is larger than `splitAbove`. */
  jobs: Jobs,
  splitAbove: ByteSize.default("10GiB"),
});
export type PostgresqlSource = z.infer<typeof PostgresqlSource>;

export const PostgresqlTarget = z.strictObject({
  connection: Connection,
  secret: SecretArn,
  /** How many sessions load one database that was dumped in several streams. */
  jobs: Jobs,
});
export type PostgresqlTarget = z.infer<typeof PostgresqlTarget>;

export const postgresqlSections = { source: PostgresqlSource, target: PostgresqlTarget };

/** `{ "databases": { "app": "app_copy" } }`: only these databases of the point, under these names. */
export const PostgresqlRestoreOptions = z.strictObject({
  databases: z
    .record(DatabaseName, DatabaseName)
    .refine((names) => Object.keys(names).length > 0, "must name at least one database")
    .refine(
      (names) => new Set(Object.values(names)).size === Object.keys(names).length,
      "must give each database a name of its own",
    )
    .optional(),
});
export type PostgresqlRestoreOptions = z.infer<typeof PostgresqlRestoreOptions>;
