import prettyBytes from "pretty-bytes";
import type { EngineTools, Preflight } from "#ports/engine.ts";
import type { RedisSource } from "./config.ts";
import { openLink, type RedisLink, readLogin, whyNoLink } from "./connection.ts";
import { compareVersions, describeHoldings, type Info, isInfo, readInfo } from "./info.ts";
import { captureCommands, checkRights } from "./rights.ts";
import { readSetting } from "./settings.ts";
import { toolVersion } from "./tool-version.ts";

/** Whether the source can be captured by its replication stream: reach, login, rights, role, versions. Changes nothing. */
export async function checkRedis(tools: EngineTools, source: RedisSource): Promise<Preflight> {
  const login = await readLogin(tools, source);
  let link: RedisLink;
  try {
    link = await openLink(login, tools.signal);
  } catch (error) {
    return { problems: [whyNoLink(login, error)], findings: {} };
  }
  try {
    return await look(tools, link);
  } finally {
    link.close();
  }
}

async function look(tools: EngineTools, link: RedisLink): Promise<Preflight> {
  const rights = await checkRights(link, captureCommands);
  const info = await readInfo(link).catch((error: unknown) => error);
  if (!isInfo(info)) return { ...rights, problems: [...rights.problems, whyNoLink(link.login, info)] };
  const worker = await toolVersion(tools, "redis-server");
  const checksum = await readSetting(link, "rdbchecksum");
  return {
    problems: [
      ...rights.problems,
      ...shapeProblems(info),
      ...versionProblems(info, worker),
      ...moduleProblems(info),
      ...(checksum === "no"
        ? ["the server writes RDBs without a checksum: set `rdbchecksum yes` in its configuration and restart it"]
        : []),
    ],
    findings: {
      ...rights.findings,
      server: `${info.field("server_name") ?? "redis"} ${info.field("redis_version")}, ${info.field("role")}`,
      worker: `redis-server ${worker}`,
      holds: describeHoldings(info) ?? "nothing: the server is empty",
      memory: prettyBytes(info.number("used_memory")),
      replicaBufferLimit: (await readSetting(link, "client-output-buffer-limit")) ?? "could not be asked",
    },
    room: roomOf(info.number("used_memory")),
  };
}

/** An RDB is no larger than what it was written from. A restore loads it, and then what the target came to, to compare. */
const roomOf = (bytes: number) => ({
  scratchBytes: bytes,
  verifyMemoryBytes: bytes,
  restoreMemoryBytes: 2 * bytes,
});

function shapeProblems(info: Info): string[] {
  const problems: string[] = [];
  if (info.field("redis_mode") === "sentinel")
    problems.push("this is a Sentinel: give the address of the Redis server it watches");
  if (info.field("cluster_enabled") === "1")
    problems.push(
      "the server is in cluster mode: one node holds a part of the keys only, and holdfast captures single servers",
    );
  if (info.field("loading") === "1") problems.push("the server is still loading its data: try again when it is done");
  if (info.field("role") === "slave" && info.field("master_link_status") !== "up")
    problems.push(
      "the server is a replica without a link to its master, and hands out no data: mend the link, or name the master",
    );
  return problems;
}

/** S9: an RDB from a newer server can't be read by the worker's, so it could be neither verified nor restored. */
function versionProblems(info: Info, worker: string): string[] {
  const version = info.field("redis_version") ?? "0";
  return compareVersions(version, worker) > 0
    ? [
        `S9: the server is Redis ${version}, the worker's tools are ${worker}: rebuild the worker image with redis-server ${version} or newer`,
      ]
    : [];
}

/** Modules that Redis 8 brings along, and so does the worker. */
const ownModules = ["vectorset"];

function moduleProblems({ modules }: Info): string[] {
  const foreign = modules.filter((name) => !ownModules.includes(name));
  return foreign.length > 0
    ? [
        `the server has modules that the worker lacks (${foreign.join(", ")}), so that their keys can't be read back: unload them, or use a worker image that has them`,
      ]
    : [];
}
