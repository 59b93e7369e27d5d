import { expect, it } from "vitest";
import { inspectTarget } from "#engines/redis/target.ts";
import { type Server, startRedis } from "./real-redis.ts";
import { redisWorld } from "./redis-world.ts";

async function inspect({ section }: Server, facts = {}, world = redisWorld()) {
  return inspectTarget(await world.verify(), section, world.point(facts));
}

it("finds an empty target fit, and nothing in it", async () => {
  const target = await startRedis();

  const { holds, problems, fingerprint } = await inspect(target);

  expect({ holds, problems }).toEqual({ holds: [], problems: [] });
  expect(fingerprint).toMatch(new RegExp(`^redis \\d+\\.\\d+\\.\\d+ [0-9a-f]{40} at 127\\.0\\.0\\.1:${target.port}$`));
});

it("X1: tells what stands at the target", async () => {
  const target = await startRedis();
  await target.link.ask("SET", "a", "1");
  await target.link.ask("SELECT", "5");
  await target.link.ask("SET", "b", "1");

  const { holds } = await inspect(target);

  expect(holds).toEqual([{ name: "all databases", mark: expect.any(String), what: "2 keys in 2 databases" }]);
});

it("X1: sees functions at a target without keys", async () => {
  const target = await startRedis();
  await target.link.ask(
    "FUNCTION",
    "LOAD",
    "#!lua name=shop\nredis.register_function('hello', function() return 1 end)",
  );

  expect((await inspect(target)).holds).toEqual([expect.objectContaining({ what: "1 function library" })]);
});

it("X2: knows another server at the same address by its fingerprint, and the same one by the same", async () => {
  const target = await startRedis();
  const first = await inspect(target);
  expect((await inspect(target)).fingerprint).toBe(first.fingerprint);
  await target.restart();

  expect((await inspect(target)).fingerprint).not.toBe(first.fingerprint);
});

it("X5: refuses a target that can't read what a restore sends, and does not take its word for its version alone", async () => {
  const target = await startRedis();
  const tools = await redisWorld().verify();
  const newerWorker = {
    ...tools,
    commands: { ...tools.commands, run: async () => ({ stdout: "Redis server v=99.1.0", stderr: "" }) },
  };
  const silent = await startRedis('rename-command FUNCTION ""');

  const told = await inspectTarget(newerWorker, target.section, redisWorld().point());
  const notTold = await inspectTarget(newerWorker, silent.section, redisWorld().point());

  expect(told.problems).toEqual([]); // reads the same RDB version: fit
  expect(notTold.problems).toEqual([
    expect.stringMatching(/^X5: the target is Redis \d.*, a restore sends what Redis 99\.1\.0 writes/),
  ]);
});

it("X5: refuses a target with too few databases or too little memory", async () => {
  const world = redisWorld();
  world.rdb = Buffer.alloc(3_000_000);
  const target = await startRedis("databases 4", "maxmemory 2mb");

  const { problems } = await inspect(target, { databases: { "0": { keys: 1 }, "7": { keys: 1 } } }, world);

  expect(problems).toEqual([expect.stringContaining("`databases 8`"), expect.stringContaining("maxmemory is 2.1 MB")]);
});

it("X5: refuses a target that is a replica, in cluster mode, or watched by a Sentinel", async () => {
  const cluster = await startRedis("cluster-enabled yes");
  const replica = await startRedis(`replicaof 127.0.0.1 ${cluster.port}`);
  const watched = await startRedis();
  await watched.link.ask("CLIENT", "SETNAME", "sentinel-0123-cmd");

  expect((await inspect(cluster)).problems).toEqual([expect.stringContaining("cluster mode")]);
  expect((await inspect(replica)).problems).toEqual([
    expect.stringMatching(/is a replica of 127\.0\.0\.1:\d+: .*REPLICAOF NO ONE/),
  ]);
  expect((await inspect(watched)).problems).toEqual([expect.stringContaining("Sentinel watches")]);
});

it("X5: refuses a target that refuses REPLICAOF, taken away or not allowed, with what mends it", async () => {
  const managed = await startRedis('rename-command REPLICAOF ""', 'rename-command CONFIG ""');
  const closed = await startRedis();
  await closed.link.ask("ACL", "SETUSER", "restore", "on", ">word", "+@all", "-replicaof");
  const world = redisWorld();

  expect((await inspect(managed)).problems).toEqual([
    expect.stringMatching(/does not offer REPLICAOF, CONFIG GET, CONFIG SET: /),
  ]);
  world.secrets = { username: "restore", password: "word" };
  expect((await inspect(closed, {}, world)).problems).toEqual([
    'user "restore" may not run REPLICAOF: `ACL SETUSER restore +replicaof`',
  ]);
});

it("S8: says why a target could not be reached", async () => {
  const target = await startRedis();
  await target.kill();

  expect((await inspect(target)).problems).toEqual([expect.stringContaining("nothing listens")]);
});
