import { PreflightFailed } from "#domain/errors.ts";
import type { Command } from "#ports/commands.ts";
import type { CaptureResult, CaptureTools } from "#ports/engine.ts";
import type { RedisSource } from "./config.ts";
import { type Login, readLogin, withLink } from "./connection.ts";
import { describeHoldings, readInfo } from "./info.ts";
import { checkRedis } from "./preflight.ts";
import { proveRdbEnd, rdbEndProof } from "./rdb-end.ts";
import { toolVersion } from "./tool-version.ts";
import { whileTunnelled } from "./tunnel.ts";

/** One stream, `rdb`: a snapshot that the source forks for us as for a replica. Throws `PreflightFailed` before anything is stored. */
export async function captureRdb(tools: CaptureTools, source: RedisSource): Promise<CaptureResult> {
  const { problems } = await checkRedis(tools, source);
  if (problems.length > 0) throw new PreflightFailed(problems.join("\n"));
  const login = await readLogin(tools, source);
  const { info, now } = await withLink(login, async (link) => ({
    info: await readInfo(link),
    now: serverTime(await link.ask("TIME")),
  }));
  const holds = describeHoldings(info);
  await whileTunnelled(login, tools, (through) =>
    tools.store({
      kind: "rdb",
      holds: holds ?? "an empty Redis",
      expectedBytes: info.number("used_memory"),
      open: () => tools.commands.reading(rdbDump(through), tools.signal),
      prove: proveRdbEnd,
      formatProof: rdbEndProof,
    }),
  );
  return {
    recoveredTo: now,
    toolVersions: {
      "redis-cli": await toolVersion(tools, "redis-cli"),
      source: `redis-server ${info.field("redis_version")}`,
    },
    limits: holds === undefined ? ["the source held no keys when it was captured"] : [],
  };
}

/**
 * Exits 0 only when the whole snapshot has come: `redis-cli` knows its length, or waits for the marker at its end, which it
 * writes too. The marker is kept: Redis reads the file with it.
 */
export const rdbDump = ({ host, port, socketPath, username, password }: Login): Command => ({
  file: "redis-cli",
  args: [
    ...(socketPath === undefined ? ["-h", host, "-p", String(port)] : ["-s", socketPath]),
    ...(username === undefined ? [] : ["--user", username]),
    "--no-auth-warning",
    "--rdb",
    "-",
  ],
  env: password === undefined ? {} : { REDISCLI_AUTH: password }, // not in args: those show in the process list
});

/** Read just before the snapshot is asked for: it holds everything that was written until then, and a little more. */
function serverTime(reply: unknown): Date {
  const [seconds, microseconds] = Array.isArray(reply) ? reply.map(Number) : [];
  return new Date(Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000));
}
