import { type Client, escapeLiteral as literal, escapeIdentifier as name } from "pg";
import { z } from "zod";
import { describeError } from "#domain/errors.ts";
import type { EngineTools, PointToRestore } from "#ports/engine.ts";
import { aboutSource, type Chosen } from "./chosen.ts";
import { type Login, rows } from "./connection.ts";
import type { Server } from "./server.ts";
import { findTool } from "./tools-of-version.ts";

/** Why this server can't take these databases, each with what mends it. */
export async function unfit(
  client: Client,
  login: Login,
  server: Server,
  chosen: Chosen[],
  point: PointToRestore,
  tools: EngineTools,
): Promise<string[]> {
  const about = chosen.map((database) => aboutSource(point, database));
  const major = Math.max(...about.map(({ serverMajor }) => serverMajor));
  return [
    ...(server.isInRecovery ? ["The target is a standby and takes no writes: name its primary"] : []),
    ...(await versionProblems(server, major, tools)),
    ...(await extensionProblems(client, new Set(about.flatMap(({ extensions }) => extensions)))),
    ...(await localeProblems(
      client,
      about.map(({ properties }) => properties),
    )),
    ...(await rightsProblems(
      client,
      login.user,
      server,
      chosen,
      new Set(about.flatMap(({ roles, properties }) => [...roles, ...(properties ? [properties.owner] : [])])),
    )),
    ...(await preparedTransactions(client, chosen)),
    ...(await inTheWayOfParts(client, chosen)),
  ];
}

async function versionProblems(server: Server, major: number, tools: EngineTools): Promise<string[]> {
  if (server.major < major)
    return [
      `The target is PostgreSQL ${server.major} and the point comes from ${major}: dumps are for the same version or newer ones. Name a target with PostgreSQL ${major} or newer`,
    ];
  const { tool, inPath } = await findTool(tools, "pg_restore", server.major);
  const { tool: ofPoint } = await findTool(tools, "pg_restore", major);
  return tool || ofPoint
    ? []
    : [
        `pg_restore ${major} or ${server.major} is needed and there is ${inPath}: install postgresql-client-${server.major} in the worker's image`,
      ];
}

async function extensionProblems(client: Client, wanted: Set<string>): Promise<string[]> {
  const found = await rows(client, z.object({ name: z.string() }), "select name from pg_available_extensions");
  const available = new Set(found.map(({ name }) => name));
  return [...wanted]
    .filter((extension) => !available.has(extension))
    .sort()
    .map(
      (extension) =>
        `The extension "${extension}" is not installed on the target's machine: install the package that brings it`,
    );
}

type Locale = ReturnType<typeof aboutSource>["properties"];

/** By making a collation of that locale, which is refused in the same way as a database would be, and never kept. */
async function localeProblems(client: Client, properties: Locale[]): Promise<string[]> {
  const problems = new Set<string>();
  for (const wanted of properties) {
    if (!wanted) continue;
    const libc = `provider = libc, lc_collate = ${literal(wanted.collate)}, lc_ctype = ${literal(wanted.ctype)}`;
    const other = { c: undefined, i: "icu", b: "builtin" }[wanted.provider];
    for (const options of [libc, ...(other ? [`provider = ${other}, locale = ${literal(wanted.locale)}`] : [])]) {
      await client.query("BEGIN");
      try {
        await client.query(`CREATE COLLATION pg_temp.holdfast_probe (${options})`);
      } catch (error) {
        problems.add(
          `The target has no locale for ${options} (${describeError(error).message}): generate it with locale-gen and restart the server, or use a server that was built with it`,
        );
      } finally {
        await client.query("ROLLBACK");
      }
    }
  }
  return [...problems];
}

async function rightsProblems(
  client: Client,
  user: string,
  server: Server,
  chosen: Chosen[],
  roles: Set<string>,
): Promise<string[]> {
  if (server.isSuperuser) return [];
  const missing = await rows(
    client,
    z.object({ role: z.string() }),
    "select r as role from unnest($1::text[]) r where not exists (select from pg_roles where rolname = r) order by r",
    [[...roles]],
  );
  const notMine = await rows(
    client,
    z.object({ role: z.string() }),
    "select rolname as role from pg_roles where rolname = any($1) and not pg_has_role(oid, 'usage') order by rolname",
    [[...roles]],
  );
  const others = await rows(
    client,
    z.object({ database: z.string(), owner: z.string() }),
    "select datname as database, pg_get_userbyid(datdba) as owner from pg_database where datname = any($1) and not pg_has_role(datdba, 'usage') order by datname",
    [chosen.map(({ restored }) => restored)],
  );
  const me = name(user);
  return [
    ...(server.canCreateDatabases ? [] : [`User "${user}" may not create databases: ALTER ROLE ${me} CREATEDB;`]),
    ...(server.canCreateRoles || missing.length === 0
      ? []
      : [
          `The roles ${missing.map(({ role }) => role).join(", ")} are missing and user "${user}" may not create roles: ALTER ROLE ${me} CREATEROLE;`,
        ]),
    ...(server.canEndSessions
      ? []
      : [`User "${user}" may not end the sessions of others: GRANT pg_signal_backend TO ${me};`]),
    ...notMine.map(
      ({ role }) => `User "${user}" can't give objects to the role "${role}": GRANT ${name(role)} TO ${me};`,
    ),
    ...others.map(
      ({ database, owner }) => `User "${user}" may not rename database "${database}": GRANT ${name(owner)} TO ${me};`,
    ),
  ];
}

/** A swap would take away what the point's part does not hold. */
async function inTheWayOfParts(client: Client, chosen: Chosen[]): Promise<string[]> {
  const names = chosen.flatMap(({ only, restored }) => (only ? [restored] : []));
  const found = await rows(
    client,
    z.object({ name: z.string() }),
    "select datname as name from pg_database where datname = any($1) order by datname",
    [names],
  );
  return found.map(
    (there) =>
      `There is a database "${there.name}" already, and a part of one never takes its place: choose another name, or drop it: DROP DATABASE ${name(there.name)};`,
  );
}

/** They block renaming, and only who made them knows what is to become of them. */
async function preparedTransactions(client: Client, chosen: Chosen[]): Promise<string[]> {
  const found = await rows(
    client,
    z.object({ gid: z.string(), database: z.string() }),
    "select gid, database from pg_prepared_xacts where database = any($1) order by gid",
    [chosen.map(({ restored }) => restored)],
  );
  return found.map(
    ({ gid, database }) =>
      `Database "${database}" holds the prepared transaction ${gid}, which keeps it from being renamed: COMMIT PREPARED ${literal(gid)}; or ROLLBACK PREPARED ${literal(gid)}; in it`,
  );
}
