import { connect, createServer } from "node:net";
import pWaitFor from "p-wait-for";
import { describe, expect, it } from "vitest";
import { CommandFailed, FormatIncomplete, PreflightFailed } from "#domain/errors.ts";
import { captureRdb } from "#engines/redis/capture.ts";
import type { RedisLink } from "#engines/redis/connection.ts";
import { proveRdbEnd } from "#engines/redis/rdb-end.ts";
import { memoryFrom } from "../../support/memory.ts";
import { listening } from "../listeners.ts";
import { fillWithEverything } from "./example-keys.ts";
import { startRedis } from "./real-redis.ts";
import { insteadOfRedisCli, redisWorld } from "./redis-world.ts";

it("captures a snapshot and says until when it holds everything, by the server's own clock", async () => {
  const { link, section } = await startRedis();
  await fillWithEverything(link);
  const world = redisWorld();
  const before = Date.now();

  const captured = await captureRdb(await world.capture(), section);

  expect(captured.recoveredTo.getTime()).toBeGreaterThanOrEqual(before);
  expect(captured.recoveredTo.getTime()).toBeLessThanOrEqual(Date.now());
  expect(captured.limits).toEqual([]);
  expect(captured.toolVersions).toMatchObject({ "redis-cli": expect.stringMatching(/^\d+\.\d+\.\d+$/) });
  expect(world.stored.map(({ stream }) => [stream.kind, stream.holds])).toEqual([
    ["rdb", "20,021 keys in 3 databases, 1 function library"],
  ]);
});

it("shows that there was nothing in an empty Redis", async () => {
  const { section } = await startRedis();
  const world = redisWorld();

  const captured = await captureRdb(await world.capture(), section);

  expect(captured.limits).toEqual(["the source held no keys when it was captured"]);
  expect(world.stored[0]?.stream.holds).toBe("an empty Redis");
});

it("keeps the password out of the arguments that the process list shows", async () => {
  const { section } = await startRedis("requirepass secret-word");
  const world = redisWorld();
  world.secrets = { password: "secret-word" };
  await insteadOfRedisCli('case "$*" in *secret-word*) exit 9;; esac\nexec $REAL "$@"');

  await captureRdb(await world.capture(), section);

  expect(world.stored).toHaveLength(1);
});

it("logs in as a named user who may do no more than a capture needs", async () => {
  const { link, section } = await startRedis();
  await link.ask("ACL", "SETUSER", "backup", "on", ">word", "+info", "+time", "+sync", "+replconf");
  await link.ask("SET", "a", "1");
  const world = redisWorld();
  world.secrets = { username: "backup", password: "word" };

  await captureRdb(await world.capture(), section);

  expect(world.stored[0]?.stream.holds).toBe("1 key in 1 database");
});

it("S1: stores nothing when redis-cli is killed after a good start", async () => {
  const { link, section } = await startRedis();
  await fillWithEverything(link);
  const world = redisWorld();

  for (const bytes of [9, 100_000, 1_000_000]) {
    await insteadOfRedisCli(`$REAL "$@" | head -c ${bytes}; kill -KILL $$`);
    await expect(captureRdb(await world.capture(), section), `${bytes}`).rejects.toThrow(/SIGKILL/);
  }

  expect(world.stored).toEqual([]);
});

it.each([0, 1, 9, 10, 100_000, 1_000_000])(
  "S5: stores nothing when the stream ends after %i bytes and redis-cli exits 0",
  async (bytes) => {
    const { link, section } = await startRedis();
    await fillWithEverything(link);
    const world = redisWorld();
    await insteadOfRedisCli(`$REAL "$@" | head -c ${bytes}; exit 0`);

    await expect(captureRdb(await world.capture(), section)).rejects.toThrow(FormatIncomplete);

    expect(world.stored).toEqual([]);
  },
);

it("S6: stores nothing when redis-cli has written everything and exits 1", async () => {
  const { link, section } = await startRedis();
  await link.ask("SET", "a", "1");
  const world = redisWorld();
  await insteadOfRedisCli('$REAL "$@"; exit 1');

  await expect(captureRdb(await world.capture(), section)).rejects.toThrow(CommandFailed);

  expect(world.stored).toEqual([]);
});

it("S14: stores nothing when the server's snapshot dies on the way", async () => {
  const { link, section, pid } = await startRedis("rdb-key-save-delay 200");
  await fillWithEverything(link); // some 4 seconds
  const world = redisWorld();
  await insteadOfRedisCli(`(sleep 1; kill -KILL $(cat /proc/${pid}/task/${pid}/children)) & exec $REAL "$@"`);

  await expect(captureRdb(await world.capture(), section)).rejects.toThrow(/redis-cli exited with 1.*(I\/O|reading)/s);

  expect(world.stored).toEqual([]);
});

describe("S14: a buffer for replicas of 1 MB, and 20 MB that are written while the snapshot is on its way,", () => {
  const limit = "client-output-buffer-limit replica 1mb 1mb 0";

  it("cut nobody off who asks for the snapshot alone, as redis-cli does", async () => {
    const { link, section } = await startRedis("rdb-key-save-delay 200", limit);
    await fillWithEverything(link); // some 4 seconds
    const world = redisWorld();

    const capturing = captureRdb(await world.capture(), section);
    await floodDuringSnapshot(link);

    await capturing;
    expect(await cutOff(link)).toBe(0);
    expect(world.stored.map(({ stream }) => stream.holds)).toEqual(["20,021 keys in 3 databases, 1 function library"]);
  });

  it("cut the transfer off where the server does not know that wish, and nothing is stored", async () => {
    const { link, section } = await startRedis("rdb-key-save-delay 200", limit);
    await fillWithEverything(link);
    const world = redisWorld();
    const port = await withoutRdbOnly(section.connection.port);

    const capturing = captureRdb(await world.capture(), { ...section, connection: { ...section.connection, port } });
    const failed = expect(capturing).rejects.toThrow(/redis-cli exited with 1/);
    await floodDuringSnapshot(link);

    await failed;
    expect(await cutOff(link)).toBe(1);
    expect(world.stored).toEqual([]);
  });

  const cutOff = async (link: RedisLink) =>
    Number(/client_output_buffer_limit_disconnections:(\d+)/.exec(await info(link))?.[1]);

  async function floodDuringSnapshot(link: RedisLink): Promise<void> {
    await untilSnapshot(link);
    await link.ask("EVAL", "for i = 1, 20000 do redis.call('SET', 'flood' .. i, string.rep('x', 1000)) end", "0");
  }

  /** In front of a server that then is like one from before Redis 7: `REPLCONF rdb-only` is unknown to it. */
  function withoutRdbOnly(port: number): Promise<number> {
    return listening(
      createServer((client) => {
        const server = connect(port, "127.0.0.1");
        client.on("data", (sent) =>
          server.write(Buffer.from(sent.toString("latin1").replace("rdb-only", "rdb-what"), "latin1")),
        );
        server.pipe(client);
        for (const [one, other] of [
          [client, server],
          [server, client],
        ] as const)
          one.on("error", () => {}).on("close", () => other.destroy());
      }),
    );
  }
});

it("S7: stores nothing when the server ends the connection in the middle of the snapshot", async () => {
  const { link, section } = await startRedis("rdb-key-save-delay 200");
  await fillWithEverything(link);
  const world = redisWorld();

  const capturing = captureRdb(await world.capture(), section);
  const failed = expect(capturing).rejects.toThrow(/redis-cli exited with 1/);
  await untilSnapshot(link);
  await link.ask("CLIENT", "KILL", "TYPE", "replica");

  await failed;
  expect(world.stored).toEqual([]);
});

it("S20: survives a gigabyte on stderr in memory that is as flat as with a tenth of it", async () => {
  const { link, section } = await startRedis();
  await link.ask("SET", "a", "1");
  const world = redisWorld();
  const flooding = async (bytes: number) => {
    await insteadOfRedisCli(`head -c ${bytes} /dev/zero | tr '\\0' 'e' >&2; exec $REAL "$@"`);
    await captureRdb(await world.capture(), section);
  };
  await flooding(100_000_000);
  const memory = memoryFrom();

  await flooding(1_000_000_000);

  expect(world.stored.map(({ stream }) => stream.holds)).toEqual(Array(2).fill("1 key in 1 database"));
  expect(memory.grownMebibytes()).toBeLessThan(128);
});

it("S12: stores nothing when the server goes away on the way", async () => {
  const server = await startRedis("rdb-key-save-delay 200");
  await fillWithEverything(server.link);
  const world = redisWorld();
  await insteadOfRedisCli(`(sleep 1; kill -KILL ${server.pid}) & exec $REAL "$@"`);

  await expect(captureRdb(await world.capture(), server.section)).rejects.toThrow(CommandFailed);

  expect(world.stored).toEqual([]);
});

it("S3: stops redis-cli and stores nothing when the task is told to stop", async () => {
  const { link, section } = await startRedis("rdb-key-save-delay 200");
  await fillWithEverything(link);
  const world = redisWorld();
  const capturing = captureRdb(await world.capture(), section);
  setTimeout(() => world.stop.abort(new Error("task stopped")), 1_000);

  await expect(capturing).rejects.toThrow(/stopped/);

  expect(world.stored).toEqual([]);
});

it("S8: names a wrong password before anything is captured", async () => {
  const { section } = await startRedis("requirepass right");
  const world = redisWorld();
  world.secrets = { password: "wrong" };

  await expect(captureRdb(await world.capture(), section)).rejects.toThrow(PreflightFailed);

  expect(world.stored).toEqual([]);
});

it("refuses an RDB from a server without checksums even if nobody noticed before", async () => {
  const { link, section } = await startRedis("rdbchecksum no");
  await link.ask("SET", "a", "1");
  await link.ask("ACL", "SETUSER", "backup", "on", ">word", "+info", "+time", "+sync", "+replconf"); // may not ask CONFIG
  const world = redisWorld();
  world.secrets = { username: "backup", password: "word" };

  await expect(captureRdb(await world.capture(), section)).rejects.toThrow("rdbchecksum no");

  expect(world.stored).toEqual([]);
});

it("proves at some hundred megabytes a second in flat memory", async () => {
  const chunk = Buffer.alloc(65_536, "some bytes of an RDB");
  const proof = proveRdbEnd();
  const before = process.memoryUsage().rss;
  const start = performance.now();
  for (let i = 0; i < 8_000; i++) proof.stream.write(chunk); // 524 MB
  const megabytesPerSecond = (8_000 * 65.536) / (performance.now() - start);
  proof.stream.end();

  await expect(proof.exitCodes).rejects.toThrow(FormatIncomplete);
  expect(megabytesPerSecond).toBeGreaterThan(50);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
});

const info = async (link: RedisLink) => String(await link.ask("INFO"));

const untilSnapshot = (link: RedisLink) =>
  pWaitFor(async () => /rdb_bgsave_in_progress:1/.test(await info(link)), { interval: 20, timeout: 10_000 });
