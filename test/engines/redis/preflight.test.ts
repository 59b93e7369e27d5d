import { expect, it } from "vitest";
import { checkRedis } from "#engines/redis/preflight.ts";
import { startRedis } from "./real-redis.ts";
import { insteadOfRedisServer, redisWorld } from "./redis-world.ts";

it("finds nothing wrong with a plain server, and tells what it saw", async () => {
  const { link, section } = await startRedis();
  await link.ask("SET", "a", "1");

  const { problems, findings } = await checkRedis(await redisWorld().capture(), section);

  expect(problems).toEqual([]);
  expect(findings).toMatchObject({
    server: expect.stringMatching(/^redis \d+\.\d+\.\d+, master$/),
    holds: "1 key in 1 database",
    replicaBufferLimit: expect.stringContaining("slave"),
    rights: "asked one by one",
  });
});

it("S8: names a wrong password, a missing one, and one too many, each with what mends it", async () => {
  const closed = await startRedis("requirepass right");
  const open = await startRedis();
  const world = redisWorld();
  const tools = await world.capture();

  world.secrets = { password: "wrong" };
  expect((await checkRedis(tools, closed.section)).problems).toEqual([
    expect.stringMatching(/refuses the login of user "default" .*WRONGPASS.*secret/),
  ]);
  expect((await checkRedis(tools, open.section)).problems).toEqual([
    expect.stringMatching(/leave `password` out of the secret/),
  ]);
  world.secrets = { username: "nobody", password: "right" };
  expect((await checkRedis(tools, closed.section)).problems).toEqual([
    expect.stringMatching(/refuses the login of user "nobody"/),
  ]);
  world.secrets = {};
  expect((await checkRedis(tools, closed.section)).problems).toEqual([
    expect.stringMatching(/wants a password .*put it into the secret/),
  ]);
});

it("S8: names a host that is not there and a port where nothing listens", async () => {
  const { section } = await startRedis();
  const tools = await redisWorld().capture();

  const nobody = await checkRedis(tools, { ...section, connection: { host: "127.0.0.1", port: 1 } });
  const nowhere = await checkRedis(tools, { ...section, connection: { host: "no-such-host.invalid", port: 6379 } });

  expect(nobody.problems).toEqual([expect.stringContaining("nothing listens at 127.0.0.1:1")]);
  expect(nowhere.problems).toEqual([expect.stringContaining('no host "no-such-host.invalid"')]);
});

it("names every right that is missing and the statement that gives it", async () => {
  const { link, section } = await startRedis();
  await link.ask("ACL", "SETUSER", "backup", "on", ">word", "+info", "+acl|whoami", "+acl|dryrun", "+command|info");
  const world = redisWorld();
  world.secrets = { username: "backup", password: "word" };

  const { problems } = await checkRedis(await world.capture(), section);

  expect(problems).toEqual([
    'user "backup" may not run TIME, SYNC, REPLCONF: `ACL SETUSER backup +time +sync +replconf`',
  ]);
});

it("says of a server that hands out no replication stream that managed services are like that", async () => {
  const { section } = await startRedis('rename-command SYNC ""', 'rename-command REPLCONF ""');

  const { problems } = await checkRedis(await redisWorld().capture(), section);

  expect(problems).toEqual([expect.stringMatching(/does not offer SYNC, REPLCONF: .*ElastiCache/)]);
});

it("S9: refuses a server that is newer than the worker's tools", async () => {
  const { section } = await startRedis();
  await insteadOfRedisServer("Redis server v=6.2.1 sha=0");

  const { problems } = await checkRedis(await redisWorld().capture(), section);

  expect(problems).toEqual([expect.stringMatching(/^S9: the server is Redis \d.*, the worker's tools are 6\.2\.1/)]);
});

it("refuses cluster mode, missing checksums and a replica without its master, all at once", async () => {
  const cluster = await startRedis("cluster-enabled yes", "rdbchecksum no");
  const orphan = await startRedis("replicaof 127.0.0.1 1");
  const tools = await redisWorld().capture();

  expect((await checkRedis(tools, cluster.section)).problems).toEqual([
    expect.stringContaining("cluster mode"),
    expect.stringContaining("rdbchecksum yes"),
  ]);
  expect((await checkRedis(tools, orphan.section)).problems).toEqual([
    expect.stringContaining("replica without a link"),
  ]);
});
