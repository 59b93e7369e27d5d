import { type Client, escapeIdentifier as name } from "pg";
import { z } from "zod";
import { bytesOf } from "#domain/byte-size.ts";
import type { PostgresqlSource } from "./config.ts";
import { rows } from "./connection.ts";

/** The session that holds the snapshot, the one that looks who waits behind it, and the one that counts. */
const OWN_SESSIONS = 3;
const NO_LIMIT = -1;

/** Sessions that the server, the user and the database allow, and how many of them others have. */
export type Sessions = z.infer<typeof Sessions>;
const Sessions = z.object({
  most: z.int(),
  reserved: z.int(),
  taken: z.int(),
  userLimit: z.int(),
  takenByUser: z.int(),
  databaseLimit: z.int(),
  takenInDatabase: z.int(),
});

/** To be asked before any other session is opened: one that was ended lingers for a moment. */
export async function readSessions(client: Client): Promise<Sessions> {
  const [found] = await rows(client, Sessions, SESSIONS);
  if (!found) throw new Error("a session has a user and a database");
  return found;
}

type Found = { database: string; bytes: number; sessions: Sessions };
type Wants = Pick<PostgresqlSource, "jobs" | "splitAbove">;

/**
 * Whether a capture gets the sessions that it has open at the same time. Databases follow each other, so the one that takes
 * most counts, and what the server said first. Where they are too few one problem says so, with every figure that is in it.
 */
export function judgeSessions(wants: Wants, user: string, found: [Found, ...Found[]]) {
  const wanting = found.map((one) => ({ ...one, needed: OWN_SESSIONS + dumpsOf(wants, one) }));
  const needed = Math.max(...wanting.map((one) => one.needed));
  const { most, reserved, taken, userLimit, takenByUser } = found[0].sessions;
  const bounds = [
    {
      ...{ needed, left: most - reserved - taken },
      says: `max_connections is ${most} (${reserved} reserved, ${taken} taken)`,
      mend: "raise max_connections",
    },
    {
      ...{ needed, left: leftOf(userLimit, takenByUser) },
      says: `user "${user}" has a CONNECTION LIMIT of ${userLimit} (${takenByUser} taken)`,
      mend: `ALTER ROLE ${name(user)} CONNECTION LIMIT ${takenByUser + needed};`,
    },
    ...wanting.map(({ database, needed: its, sessions: { databaseLimit, takenInDatabase } }) => ({
      ...{ needed: its, left: leftOf(databaseLimit, takenInDatabase) },
      says: `database "${database}" has a CONNECTION LIMIT of ${databaseLimit} (${takenInDatabase} taken)`,
      mend: `ALTER DATABASE ${name(database)} CONNECTION LIMIT ${takenInDatabase + its};`,
    })),
  ];
  const short = bounds.filter((bound) => bound.left < bound.needed);
  const least = Math.max(0, Math.min(...bounds.map(({ left }) => left)));
  if (short.length === 0) return { problems: [], finding: `${needed} needed, ${least} free` };
  const dumps = needed - OWN_SESSIONS;
  const mends = [...short.map(({ mend }) => mend), ...(dumps > 1 ? ["lower `jobs`"] : [])];
  const problem =
    `A capture needs ${needed} sessions at the same time, ${OWN_SESSIONS} of its own and ${dumps} of pg_dump` +
    `${dumps > 1 ? ` (\`jobs\`: ${dumps - 1}, and the schema)` : ""}, and can have ${least}: ` +
    `${short.map(({ says }) => says).join("; ")}: ${mends.join(" or ")}`;
  return { problems: [problem], finding: `${needed} needed, ${least} free` };
}

/** One for each stream of rows, at most, and one for the schema. */
const dumpsOf = ({ jobs, splitAbove }: Wants, { bytes }: Found) =>
  jobs > 1 && bytes > bytesOf(splitAbove) ? jobs + 1 : 1;

const leftOf = (limit: number, taken: number) => (limit === NO_LIMIT ? Number.POSITIVE_INFINITY : limit - taken);

// Superusers take what is reserved, and neither limit is theirs. `reserved_connections` came with PostgreSQL 16. What kind
// a session is of is hidden from most, but whose it is isn't: the server's own processes are nobody's.
const SESSIONS = `
  with others as (
    select usesysid, datid from pg_stat_activity
    where pid <> pg_backend_pid() and usesysid is not null and datid is not null and coalesce(backend_type, 'client backend') = 'client backend'
  )
  select current_setting('max_connections')::int as most,
    case when u.rolsuper then 0 else current_setting('superuser_reserved_connections')::int +
      case when exists (select from pg_roles where rolname = 'pg_use_reserved_connections' and pg_has_role(oid, 'usage')) then 0
      else coalesce(current_setting('reserved_connections', true), '0')::int end end as reserved,
    (select count(*)::int from others) as taken,
    case when u.rolsuper then ${NO_LIMIT} else u.rolconnlimit end as "userLimit",
    (select count(*)::int from others where usesysid = u.oid) as "takenByUser",
    case when u.rolsuper then ${NO_LIMIT} else d.datconnlimit end as "databaseLimit",
    (select count(*)::int from others where datid = d.oid) as "takenInDatabase"
  from pg_roles u, pg_database d where u.rolname = current_user and d.datname = current_database()`;
