import { expect } from "vitest";
import { captureRdb } from "#engines/redis/capture.ts";
import { verifyRdb } from "#engines/redis/verify.ts";
import { type Server, startRedis } from "./real-redis.ts";
import { redisWorld } from "./redis-world.ts";

const many = "for i = 1, 30000 do redis.call('SET', 'new' .. i, string.rep('x', 50) .. i) end";

export async function verifiedPoint() {
  const source = await startRedis();
  await source.link.ask("EVAL", many, "0");
  const world = redisWorld();
  await captureRdb(await world.capture(), source.section);
  const { facts = {} } = await verifyRdb(await world.verify(), world.point());
  return { source, world, facts };
}

export async function oldTarget(...settings: string[]) {
  const target = await startRedis(...settings);
  await target.link.ask("SET", "old", "still here");
  return target;
}

/** A master that holds its old data and takes writes, with the settings that it had. */
export async function expectUntouched({ link }: Server) {
  expect(await link.ask("GET", "old")).toBe("still here");
  expect(await link.ask("DBSIZE")).toBe(1);
  expect(await link.ask("SET", "written", "after")).toBe("OK");
  expect(await link.ask("CONFIG", "GET", "masterauth")).toEqual(["masterauth", ""]);
}
