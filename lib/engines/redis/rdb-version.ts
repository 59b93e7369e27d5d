import { join } from "node:path";
import type { EngineTools } from "#ports/engine.ts";
import type { RedisLink } from "./connection.ts";
import { compareVersions, type Info } from "./info.ts";
import { startScratch } from "./scratch.ts";
import { toolVersion } from "./tool-version.ts";

/**
 * X5: what a restore sends is written by the worker's redis-server, whatever wrote the point. A target that can't read it
 * finds out after it has thrown its own data away, so it is asked before.
 */
export async function rdbVersionProblems(tools: EngineTools, target: RedisLink, info: Info): Promise<string[]> {
  const worker = await toolVersion(tools, "redis-server");
  const version = info.field("redis_version") ?? "0";
  const reads = await rdbVersion(target);
  const sends = reads === undefined ? undefined : await workersRdbVersion(tools);
  const tooOld = reads === undefined || sends === undefined ? compareVersions(version, worker) < 0 : reads < sends;
  return tooOld
    ? [
        `X5: the target is Redis ${version}${reads === undefined ? "" : ` and reads RDB version ${reads}`}, a restore sends what Redis ${worker} writes` +
          `${sends === undefined ? "" : ` (version ${sends})`}: upgrade the target, or load the point by hand as its RESTORE.md says`,
      ]
    : [];
}

async function workersRdbVersion(tools: EngineTools): Promise<number | undefined> {
  const scratch = await startScratch(tools, join(tools.workDir, "no-such.rdb"), "rdb-version");
  try {
    return await rdbVersion(scratch.link);
  } finally {
    await scratch.stop();
  }
}

/**
 * `undefined` when the server does not tell (before Redis 7.0, or not allowed). Source: `createDumpPayload` in Redis
 * `src/cluster.c`: such a payload ends in the RDB version (2 bytes) and a CRC (8), and that of FUNCTION DUMP is never empty.
 */
async function rdbVersion(link: RedisLink): Promise<number | undefined> {
  const payload = await link.askBytes("FUNCTION", "DUMP").catch(() => undefined);
  return payload && payload.length >= 10 ? payload.readUInt16LE(payload.length - 10) : undefined;
}
