import { z } from "zod";
import { ByteSize } from "#domain/byte-size.ts";
import { Authority } from "#domain/plan.ts";
import { SecretArn } from "#domain/secret-arn.ts";
import { QUALIFIED } from "./table-names.ts";

const MOST_BYTES = 63; // NAMEDATALEN - 1: the server cuts longer names off without an error

/** A database's name as it is, never quoted. */
const DatabaseName = z
  .string()
  .min(1)
  .refine((name) => !name.includes("\0"), "must not hold a zero byte")
  .refine((name) => Buffer.byteLength(name) <= MOST_BYTES, `must have at most ${MOST_BYTES} bytes`);

/** As libpq's `verify-full`: only a server whose certificate is of this authority and for this host is talked to. */
const VerifyFull = z.strictObject({ mode: z.literal("verify-full"), ca: Authority });

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

/** Some schemas (names as they are) and tables (`schema.table`) of one database. */
const Only = z
  .strictObject({
    schemas: z.array(DatabaseName).min(1).optional(),
    tables: z
      .array(
        z
          .string()
          .regex(QUALIFIED, 'must be schema.table; a name with `.` or `"` in it stands in double quotes, as in SQL'),
      )
      .min(1)
      .optional(),
  })
  .refine(({ schemas, tables }) => schemas !== undefined || tables !== undefined, "must name schemas, tables or both");

/**
 * `{ "databases": { "app": "app_copy" } }`: only these databases of the point, under these names. With
 * `"only": { "app": { "tables": ["public.orders"] } }` that copy holds these tables alone.
 */
export const PostgresqlRestoreOptions = z
  .strictObject({
    databases: z
      .record(DatabaseName, DatabaseName)
      .refine((names) => Object.keys(names).length > 0, "must name at least one database")
      .refine(
        (names) => new Set(Object.values(names)).size === Object.keys(names).length,
        "must give each database a name of its own",
      )
      .optional(),
    only: z.record(DatabaseName, Only).optional(),
  })
  .check(({ value: { databases, only }, issues }) => {
    for (const name of Object.keys(only ?? {}))
      if (databases?.[name] === undefined || databases[name] === name)
        issues.push({
          code: "custom",
          path: ["databases", name],
          input: databases,
          message: "must be there, with a name of its own: a part of a database never takes its place",
        });
  });
export type PostgresqlRestoreOptions = z.infer<typeof PostgresqlRestoreOptions>;
