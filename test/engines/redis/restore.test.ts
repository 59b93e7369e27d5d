import { beforeEach, expect, it } from "vitest";
import type { Facts } from "#domain/facts.ts";
import { captureRdb } from "#engines/redis/capture.ts";
import { restoreRdb } from "#engines/redis/restore.ts";
import { inspectTarget } from "#engines/redis/target.ts";
import { verifyRdb } from "#engines/redis/verify.ts";
import { fillWithEverything } from "./example-keys.ts";
import { type Server, startRedis } from "./real-redis.ts";
import { oneAtATime, redisWorld, type World } from "./redis-world.ts";

beforeEach(oneAtATime);

async function verifiedPoint(fill: (link: Server["link"]) => Promise<unknown>) {
  const source = await startRedis();
  await fill(source.link);
  const world = redisWorld();
  await captureRdb(await world.capture(), source.section);
  const { facts = {} } = await verifyRdb(await world.verify(), world.point());
  return { source, world, facts };
}

async function restore(world: World, target: Server, facts: Facts) {
  const { fingerprint } = await inspectTarget(await world.verify(), target.section, world.point(facts));
  return restoreRdb(await world.restore(fingerprint), target.section, world.point(facts));
}

const digest = ({ link }: Server) => link.ask("DEBUG", "DIGEST");
const setting = async ({ link }: Server, name: string) => Object(await link.ask("CONFIG", "GET", name))[1];
const role = async ({ link }: Server) => /role:(\w+)/.exec(String(await link.ask("INFO", "replication")))?.[1];

it("IS-16 X6: brings every type, expiry, group and database back as they were, in place of what stood there", async () => {
  const { source, world, facts } = await verifiedPoint(fillWithEverything);
  const target = await startRedis();
  await target.link.ask("SET", "old", "to be replaced");

  const { kept, notes } = await restore(world, target, facts);

  expect(await digest(target)).toBe(await digest(source));
  expect({ kept, notes, role: await role(target) }).toEqual({ kept: [], notes: [], role: "master" });
  for (const question of [
    ["PEXPIRETIME", "session"],
    ["HPEXPIRETIME", "fields", "FIELDS", "2", "stays", "goes"],
    ["XINFO", "GROUPS", "stream"],
    ["XPENDING", "stream", "workers"],
    ["PFCOUNT", "hll"],
    ["BITPOS", "bits", "1"],
    ["GEODIST", "geo", "Berlin", "Paris"],
    ["GET", "number"],
    ["FUNCTION", "LIST", "WITHCODE"],
  ])
    expect(await target.link.ask(...question), question.join(" ")).toEqual(await source.link.ask(...question));
  expect(world.phases).toEqual(["load", "compare", "swap", "compare", "swap"]);
  expect(world.compared.at(-1)).toMatchObject({ keys: 20_021, expiries: { keys: 2 } });
});

it("restores an empty Redis as an empty Redis, when that is what the facts say", async () => {
  const { world, facts } = await verifiedPoint(async () => {});
  const target = await startRedis();
  await target.link.ask("SET", "old", "to be replaced");

  const { putThere } = await restore(world, target, facts);

  expect(await target.link.ask("DBSIZE")).toBe(0);
  expect(putThere).toEqual([]);
});

it("is not alarmed by keys and fields that expired since the capture, and says how many", async () => {
  const { world, facts } = await verifiedPoint(async ({ ask }) => {
    await ask("SET", "stays", "1");
    await ask("SET", "goes", "1", "PX", "300");
    await ask("HSET", "hash", "stays", "1", "goes", "2");
    await ask("HPEXPIRE", "hash", "300", "FIELDS", "1", "goes");
  });
  const target = await startRedis();

  const { notes } = await restore(world, target, facts);

  expect(notes).toEqual([
    "1 key had passed their expiry since the capture: they were restored and go away by themselves",
  ]);
  expect(await target.link.ask("EXISTS", "goes")).toBe(0);
  expect(await target.link.ask("HGETALL", "hash")).toEqual(["stays", "1"]);
});

it("X1: recognises what it put there until somebody writes", async () => {
  const { world, facts } = await verifiedPoint(({ ask }) => ask("SET", "a", "1"));
  const target = await startRedis();
  const look = async () => (await inspectTarget(await world.verify(), target.section, world.point(facts))).holds;

  const { putThere } = await restore(world, target, facts);

  const marks = (holds: { name: string; mark: string }[]) => holds.map(({ name, mark }) => ({ name, mark }));
  expect(marks(await look())).toEqual(putThere);
  await target.link.ask("SET", "a", "2");
  expect(marks(await look())).not.toEqual(putThere);
});

it("puts the target's settings back as they were, also the login of its own master", async () => {
  const { world, facts } = await verifiedPoint(({ ask }) => ask("SET", "a", "1"));
  world.secrets = { password: "word" };
  const target = await startRedis("requirepass word", "masteruser repl", "masterauth own", "repl-diskless-load swapdb");

  await restore(world, target, facts);

  const names = ["masteruser", "masterauth", "repl-diskless-load", "repl-diskless-sync-delay", "requirepass"];
  expect(await Promise.all(names.map((name) => setting(target, name)))).toEqual(["repl", "own", "swapdb", "0", "word"]);
});

it("restores into a server that was itself the source, where Redis could believe to have the data already", async () => {
  const { source, world, facts } = await verifiedPoint(fillWithEverything);
  const before = await digest(source);
  await source.link.ask("DEBUG", "POPULATE", "10"); // a change that its replication offset does not show

  await restore(world, source, facts);

  expect(await digest(source)).toBe(before);
});

it("restores a point that another version of Redis has verified, without its digest", async () => {
  const { world, facts } = await verifiedPoint(({ ask }) => ask("SET", "a", "1"));
  const target = await startRedis();

  const { notes } = await restore(world, target, { ...facts, digest: { "7.9.9": "another way to count" } });

  expect(notes).toEqual([expect.stringContaining("another version of Redis")]);
  expect(await target.link.ask("GET", "a")).toBe("1");
});
