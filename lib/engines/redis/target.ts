import prettyBytes from "pretty-bytes";
import type { EngineTools, PointToRestore, TargetState } from "#ports/engine.ts";
import type { RedisTarget } from "./config.ts";
import { openLink, type RedisLink, readLogin, whyNoLink } from "./connection.ts";
import { describeHoldings, type Info, isInfo, readInfo } from "./info.ts";
import { rdbOf } from "./rdb-of.ts";
import { rdbVersionProblems } from "./rdb-version.ts";
import { checkRights, restoreCommands } from "./rights.ts";
import { readSetting } from "./settings.ts";

/** What stands at the target, and why this point can't be restored there. Changes nothing. */
export async function inspectTarget(
  tools: EngineTools,
  target: RedisTarget,
  point: PointToRestore,
): Promise<TargetState> {
  const login = await readLogin(tools, target);
  let link: RedisLink;
  try {
    link = await openLink(login, tools.signal);
  } catch (error) {
    return { fingerprint: "not reached", holds: [], problems: [whyNoLink(login, error)] };
  }
  try {
    const rights = await checkRights(link, restoreCommands);
    const info = await readInfo(link).catch((error: unknown) => error);
    if (!isInfo(info))
      return { fingerprint: "not told", holds: [], problems: [...rights.problems, whyNoLink(login, info)] };
    return {
      fingerprint: fingerprintOf(link, info),
      holds: holdsOf(info),
      problems: [
        ...rights.problems,
        ...roleProblems(info),
        ...(await rdbVersionProblems(tools, link, info)),
        ...(await roomProblems(link, info, point)),
        ...(await surroundings(link)),
      ],
      room: describeRoom(info),
    };
  } finally {
    link.close();
  }
}

/** The run id is new whenever a server starts. */
export const fingerprintOf = ({ login }: RedisLink, info: Info) =>
  `redis ${info.field("redis_version")} ${info.field("run_id")} at ${login.host}:${login.port}`;

/** Redis has no part of itself that could be told apart: all databases are replaced together. */
export function holdsOf(info: Info): TargetState["holds"] {
  const what = describeHoldings(info);
  return what === undefined ? [] : [{ name: "all databases", mark: markOf(info), what }];
}

/**
 * Every write, and every key that expires, moves the offset, but only as long as there is a replication backlog. A restore
 * leaves one; Redis gives it up an hour later (`repl-backlog-ttl`) or at a restart, with a new id: from then on nothing is
 * recognised.
 */
const markOf = (info: Info) =>
  info.field("repl_backlog_active") === "1"
    ? `${info.field("master_replid")}:${info.field("master_repl_offset")}`
    : "no backlog";

function roleProblems(info: Info): string[] {
  const problems: string[] = [];
  if (info.field("redis_mode") === "sentinel")
    problems.push("this is a Sentinel: name the Redis server that it watches");
  if (info.field("cluster_enabled") === "1")
    problems.push("the target is in cluster mode, where REPLICAOF is refused: name a single server");
  if (info.field("loading") === "1") problems.push("the target is loading its data: try again when it is done");
  if (info.field("role") === "slave")
    problems.push(
      `the target is a replica of ${info.field("master_host")}:${info.field("master_port")}: name its master, or run REPLICAOF NO ONE there ` +
        "(a restore whose task was killed may have left it so)",
    );
  return problems;
}

function describeRoom(info: Info): string {
  const most = info.number("maxmemory");
  const used = `${prettyBytes(info.number("used_memory"))} of memory used`;
  return most > 0 ? `${used}, maxmemory is ${prettyBytes(most)}` : `${used}, no maxmemory`;
}

/** Redis ends itself when it meets a database that it does not have, and evicts or refuses when memory is too small (X5). */
async function roomProblems(link: RedisLink, info: Info, { artifacts, facts }: PointToRestore): Promise<string[]> {
  const problems: string[] = [];
  const databases = Number((await readSetting(link, "databases")) ?? 16);
  const captured = typeof facts["databases"] === "object" ? facts["databases"] : {};
  const highest = Math.max(-1, ...Object.keys(captured).map(Number));
  if (highest >= databases)
    problems.push(
      `the point has a database ${highest}, the target has ${databases}: set \`databases ${highest + 1}\` in its configuration and restart it`,
    );
  const { plainBytes } = artifacts.length === 0 ? { plainBytes: 0 } : rdbOf(artifacts);
  const room = info.number("maxmemory");
  if (room > 0 && room < plainBytes)
    problems.push(
      `the point is ${prettyBytes(plainBytes)} on disk and more in memory, the target's maxmemory is ${prettyBytes(room)}: raise it`,
    );
  const types = Object.values(captured).flatMap((database) =>
    typeof database === "object" && typeof database["lasting"] === "object" ? Object.keys(database["lasting"]) : [],
  );
  if (types.includes("vectorset") && !info.modules.includes("vectorset"))
    problems.push("the point has vector sets, which the target does not know: use Redis 8 as target");
  return problems;
}

async function surroundings(link: RedisLink): Promise<string[]> {
  const problems: string[] = [];
  if ((await readSetting(link, "tls-replication")) === "yes")
    problems.push(
      "the target replicates by TLS only, which the scratch server of a restore does not speak: `CONFIG SET tls-replication no` for the restore",
    );
  const clients = String(await link.ask("CLIENT", "LIST").catch(() => ""));
  if (/ name=sentinel-/.test(clients))
    problems.push("a Sentinel watches the target and would undo REPLICAOF: `SENTINEL REMOVE` it there for the restore");
  return problems;
}
