import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { captureRdb } from "#engines/redis/capture.ts";
import { crc64, crc64Start } from "#engines/redis/crc64.ts";
import { verifyRdb } from "#engines/redis/verify.ts";
import { fillWithEverything } from "./example-keys.ts";
import { startRedis } from "./real-redis.ts";
import { insteadOfRedisServer, redisWorld, type World } from "./redis-world.ts";

async function captured(fill: (link: Awaited<ReturnType<typeof startRedis>>["link"]) => Promise<unknown>) {
  const source = await startRedis();
  await fill(source.link);
  const world = redisWorld();
  await captureRdb(await world.capture(), source.section);
  return { source, world };
}

const verify = async (world: World) => verifyRdb(await world.verify(), world.point());

it("S14: counts what a real server has loaded, with Redis' own digest of the source", async () => {
  const { source, world } = await captured(fillWithEverything);
  const digest = await source.link.ask("DEBUG", "DIGEST");

  const { wrong, facts } = await verify(world);

  expect(wrong).toEqual([]);
  expect(facts).toMatchObject({
    keys: 20_021,
    databases: {
      "0": {
        keys: 20,
        expiring: 2,
        hashesWithExpiringFields: 1,
        lasting: { string: 6, list: 2, set: 3, zset: 3, hash: 3, stream: 1 },
      },
      "3": { keys: 20_000, expiring: 0, lasting: { string: 20_000 } },
      "15": { keys: 1, expiring: 1, lasting: {} },
    },
    functions: { shop: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(Object.values(Object(facts?.["digest"]))).toEqual([digest]);
});

it("counts the same on every reading, also when keys and fields have expired in between", async () => {
  const { world } = await captured(async ({ ask }) => {
    await ask("SET", "stays", "1");
    await ask("SET", "goes", "1", "PX", "1000");
    await ask("HSET", "hash", "stays", "1", "goes", "2");
    await ask("HPEXPIRE", "hash", "1000", "FIELDS", "1", "goes");
    await ask("HSET", "empties", "goes", "2");
    await ask("HPEXPIRE", "empties", "1000", "FIELDS", "1", "goes");
  });
  const before = await verify(world);
  await wait(1_500);

  const after = await verify(world);

  expect(after).toEqual(before);
  expect(after.facts).toMatchObject({ keys: 4, databases: { "0": { expiring: 1, hashesWithExpiringFields: 2 } } });
});

it("sees differences in a stream's groups, which Redis' digest does not", async () => {
  const stream = async (acknowledged: string) => {
    const { source, world } = await captured(async ({ ask }) => {
      for (const id of ["1-1", "2-1"]) await ask("XADD", "s", id, "a", "b");
      await ask("XGROUP", "CREATE", "s", "g", "0");
      await ask("XREADGROUP", "GROUP", "g", "anna", "STREAMS", "s", ">");
      await ask("XACK", "s", "g", acknowledged);
    });
    return { digest: await source.link.ask("DEBUG", "DIGEST"), facts: (await verify(world)).facts };
  };

  const [one, other] = [await stream("1-1"), await stream("2-1")];

  expect(one.digest).toBe(other.digest);
  expect(one.facts?.["streams"]).not.toBe(other.facts?.["streams"]);
});

it("shows an empty Redis as one with no keys, not as no facts", async () => {
  const { world } = await captured(async () => {});

  expect(await verify(world)).toMatchObject({ wrong: [], facts: { keys: 0, databases: {} } });
});

it("S5: finds an RDB wrong that was cut off, changed, or is none", async () => {
  const { world } = await captured(fillWithEverything);
  const rdb = world.stored[0]?.bytes ?? Buffer.alloc(0);
  const changed = Buffer.from(rdb);
  changed[50_000] = (changed[50_000] ?? 0) ^ 64;

  for (const bytes of [rdb.subarray(0, rdb.length / 2), rdb.subarray(0, -42), changed, Buffer.from("not an RDB")]) {
    world.rdb = bytes;
    expect(await verify(world)).toEqual({ wrong: [expect.stringMatching(/RDB of \d+ bytes/)] });
  }
});

it("finds an RDB wrong whose end is right but which no server can load", async () => {
  const world = redisWorld();
  world.rdb = withCrc(
    Buffer.concat([Buffer.from("REDIS0012"), Buffer.from([0xfe, 0, 0x0e, 1, 0x6b, 1, 2]), Buffer.from([0xff])]),
  );

  expect(await verify(world)).toEqual({ wrong: [expect.stringContaining("ended before it had loaded")] });
});

it("does not call bytes wrong that could not be read, or that no server could be started for", async () => {
  const { world } = await captured(({ ask }) => ask("SET", "a", "1"));
  const tools = await world.verify();
  const unreadable = async function* () {
    yield Buffer.from("REDIS0012");
    throw new Error("S3 does not answer");
  };

  await expect(verifyRdb({ ...tools, open: unreadable }, world.point())).rejects.toThrow("S3 does not answer");
  await insteadOfRedisServer("", "kill -KILL $$");
  await expect(verify(world)).rejects.toThrow("ended before it had loaded");
});

function withCrc(rdb: Buffer): Buffer {
  const { high, low } = crc64(crc64Start, rdb);
  const crc = Buffer.alloc(8);
  crc.writeUInt32LE(low, 0);
  crc.writeUInt32LE(high, 4);
  return Buffer.concat([rdb, crc]);
}
