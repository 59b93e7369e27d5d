import { beforeAll, describe, expect, it } from "vitest";
import { FormatIncomplete } from "#domain/errors.ts";
import { captureRdb } from "#engines/redis/capture.ts";
import { crc64, crc64Start } from "#engines/redis/crc64.ts";
import { proveRdbEnd } from "#engines/redis/rdb-end.ts";
import { fillWithEverything } from "./example-keys.ts";
import { startRedis } from "./real-redis.ts";
import { redisWorld } from "./redis-world.ts";

const MARKER_BYTES = 40;

async function rdbOfARealServer(): Promise<Buffer> {
  const { link, section } = await startRedis();
  await fillWithEverything(link);
  const world = redisWorld();
  await captureRdb(await world.capture(), section);
  return world.stored[0]?.bytes ?? Buffer.alloc(0);
}

async function prove(bytes: Uint8Array, chunkBytes = 65_536): Promise<unknown> {
  const proof = proveRdbEnd();
  for (let at = 0; at < bytes.length; at += chunkBytes) proof.stream.write(bytes.subarray(at, at + chunkBytes));
  proof.stream.end();
  return proof.exitCodes;
}

describe("the end of an RDB", () => {
  it("is proved with and without the marker of the replication stream, however the bytes are cut into chunks", async () => {
    const rdb = await rdbOfARealServer();

    for (const chunk of [1, 7, 8, 48, 49, 50, 4096, 65_536, rdb.length]) await prove(rdb, chunk);
    await prove(rdb.subarray(0, -MARKER_BYTES));

    expect(rdb.subarray(-MARKER_BYTES).toString()).toMatch(/^[0-9a-f]{40}$/);
  });

  it("S5: is not found in a stream that was cut anywhere", async () => {
    const rdb = await rdbOfARealServer();
    const whole = rdb.length;
    const cuts = [0, 1, 5, 9, 10, 0.1 * whole, 0.5 * whole, 0.9 * whole, 0.99 * whole].map(Math.floor);
    const short = [1, 8, 9, 39, 41, 42, 47, 48, 49, 50].map((missing) => whole - missing);

    for (const bytes of [...cuts, ...short])
      await expect(prove(rdb.subarray(0, bytes)), `${bytes} of ${whole}`).rejects.toThrow(FormatIncomplete);
    const plain = rdb.subarray(0, -MARKER_BYTES);
    for (const missing of [1, 7, 8, 9])
      await expect(prove(plain.subarray(0, -missing)), `all but ${missing}`).rejects.toThrow(FormatIncomplete);
  });

  it("S5: is not found when something other than the marker follows", async () => {
    const rdb = await rdbOfARealServer();
    const plain = rdb.subarray(0, -MARKER_BYTES);

    for (const more of ["\n", "x".repeat(40), "0".repeat(41)])
      await expect(prove(Buffer.concat([plain, Buffer.from(more, "latin1")])), more.slice(0, 50)).rejects.toThrow(
        FormatIncomplete,
      );
    await expect(prove(Buffer.concat([rdb, rdb]))).rejects.toThrow(FormatIncomplete);
  });

  it("S5: is not found when one bit has changed", async () => {
    const rdb = await rdbOfARealServer();

    for (const at of [0, 9, 1_000, Math.floor(rdb.length / 2), rdb.length - 41, rdb.length - 49]) {
      const changed = Buffer.from(rdb);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await expect(prove(changed), `byte ${at}`).rejects.toThrow(FormatIncomplete);
    }
  });

  it("can't be proved for an RDB without a checksum, and says why", async () => {
    const rdb = await rdbOfARealServer();
    const plain = Buffer.from(rdb.subarray(0, -MARKER_BYTES));
    plain.fill(0, plain.length - 8);

    await expect(prove(plain)).rejects.toThrow("rdbchecksum no");
  });

  it("is not proved for a stream that was given up", async () => {
    const proof = proveRdbEnd();
    proof.stream.write(Buffer.from("REDIS0012"));
    proof.stream.destroy();

    await expect(proof.exitCodes).rejects.toThrow(FormatIncomplete);
  });
});

describe("the CRC-64 of Redis", () => {
  let bytes: Buffer;
  beforeAll(() => {
    bytes = Buffer.from(Array.from({ length: 1_000 }, (_, i) => (i * 7919) & 255));
  });

  it("has the check value of Redis' own test", () => {
    expect(crc64(crc64Start, Buffer.from("123456789"))).toEqual({ high: 0xe9c6d914, low: 0xc4b8d9ca });
  });

  it("is the same in any number of pieces", () => {
    const once = crc64(crc64Start, bytes);

    for (let cut = 0; cut <= bytes.length; cut += 13)
      expect(crc64(crc64(crc64Start, bytes, 0, cut), bytes, cut)).toEqual(once);
  });
});
