import { randomBytes } from "node:crypto";
import type { RedisLink } from "#engines/redis/connection.ts";

const HOUR_MS = 3_600_000;

/** Keys of every type that Redis has of its own, small and large, in several databases, with and without expiry. */
export async function fillWithEverything(link: RedisLink): Promise<void> {
  const ask = link.ask;
  await ask("SET", "text", "häuschen");
  await ask("SET", "number", "12345");
  await ask("SET", "big", randomBytes(1_500_000).toString("base64"));
  await ask("EVAL", "redis.call('SET', 'bin\\0\\255\\n key', '\\0\\1\\2\\255')", "0");
  await ask("RPUSH", "list", "a", "b", "a", "");
  await ask("SADD", "set", "x", "y", "z");
  await ask("SADD", "numbers", "1", "2", "3");
  await ask("ZADD", "zset", "1.1", "a", "-inf", "b", "3e100", "c");
  await ask("HSET", "hash", "f", "v", "g", "w");
  await ask("HSET", "fields", "stays", "1", "goes", "2");
  await ask("HPEXPIRE", "fields", String(10 * HOUR_MS), "FIELDS", "1", "goes");
  await ask("SETBIT", "bits", "100001", "1");
  await ask("PFADD", "hll", ...Array.from({ length: 1_000 }, (_, i) => `visitor-${i}`));
  await ask("GEOADD", "geo", "13.4", "52.5", "Berlin", "2.35", "48.85", "Paris");
  await ask(
    "EVAL",
    "for i = 1, 5000 do redis.call('HSET', 'bighash', 'f' .. i, i) redis.call('SADD', 'bigset', 'm' .. i) redis.call('ZADD', 'bigzset', i / 3, 'm' .. i) redis.call('RPUSH', 'biglist', i) end",
    "0",
  );
  for (let i = 0; i < 5; i++) await ask("XADD", "stream", `${i + 1}-1`, "field", `value ${i}`);
  await ask("XDEL", "stream", "5-1");
  await ask("XGROUP", "CREATE", "stream", "workers", "0");
  await ask("XGROUP", "CREATE", "stream", "idle", "$");
  await ask("XREADGROUP", "GROUP", "workers", "anna", "COUNT", "2", "STREAMS", "stream", ">");
  await ask("XACK", "stream", "workers", "1-1");
  await ask("FUNCTION", "LOAD", "#!lua name=shop\nredis.register_function('hello', function() return 1 end)");
  await ask("SET", "session", "s", "PX", String(24 * HOUR_MS));
  await ask("SET", "soon", "s", "PX", String(HOUR_MS / 2));
  await ask("SELECT", "3");
  await ask("EVAL", "for i = 1, 20000 do redis.call('SET', 'k' .. i, i) end", "0");
  await ask("SELECT", "15");
  await ask("HSET", "elsewhere", "a", "b");
  await ask("PEXPIRE", "elsewhere", String(48 * HOUR_MS));
  await ask("SELECT", "0");
}
