import { createServer } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { CommandFailed, FactsDiffer, FormatIncomplete, TargetChanged, TargetUnfit } from "#domain/errors.ts";
import type { Facts } from "#domain/facts.ts";
import { captureRdb } from "#engines/redis/capture.ts";
import { SCRATCH_PORT } from "#engines/redis/config.ts";
import { hasTakenOver, whileReplicating } from "#engines/redis/replication.ts";
import { restoreRdb } from "#engines/redis/restore.ts";
import { inspectTarget } from "#engines/redis/target.ts";
import { verifyRdb } from "#engines/redis/verify.ts";
import { insteadOfRedisCli, oneAtATime, redisWorld, type Server, startRedis, type World } from "./redis-world.ts";

beforeEach(oneAtATime);

const many = "for i = 1, 30000 do redis.call('SET', 'new' .. i, string.rep('x', 50) .. i) end";

async function verifiedPoint() {
  const source = await startRedis();
  await source.link.ask("EVAL", many, "0");
  const world = redisWorld();
  await captureRdb(await world.capture(), source.section);
  const { facts = {} } = await verifyRdb(await world.verify(), world.point());
  return { source, world, facts };
}

async function oldTarget(...settings: string[]) {
  const target = await startRedis(...settings);
  await target.link.ask("SET", "old", "still here");
  return target;
}

async function restore(world: World, target: Server, facts: Facts) {
  const { fingerprint } = await inspectTarget(await world.verify(), target.section, world.point(facts));
  return restoreRdb(await world.restore(fingerprint), target.section, world.point(facts));
}

/** A master that holds its old data and takes writes, with the settings that it had. */
async function expectUntouched({ link }: Server) {
  expect(await link.ask("GET", "old")).toBe("still here");
  expect(await link.ask("DBSIZE")).toBe(1);
  expect(await link.ask("SET", "written", "after")).toBe("OK");
  expect(await link.ask("CONFIG", "GET", "masterauth")).toEqual(["masterauth", ""]);
}

it("X4: never lets a point near the target whose facts differ", async () => {
  const { world, facts } = await verifiedPoint();
  const target = await oldTarget();

  await expect(restore(world, target, { ...facts, keys: 1 })).rejects.toThrow(FactsDiffer);

  expect(world.phases).toEqual(["load", "compare"]);
  await expectUntouched(target);
});

it("X4: never lets an RDB near the target that is cut off, or goes on after its end", async () => {
  const { world, facts } = await verifiedPoint();
  const target = await oldTarget();
  const rdb = world.stored[0]?.bytes ?? Buffer.alloc(0);

  for (const bytes of [rdb.subarray(0, -100), Buffer.concat([rdb, Buffer.from("more")])]) {
    world.rdb = bytes;
    await expect(restore(world, target, facts)).rejects.toThrow(FormatIncomplete);
  }

  await expectUntouched(target);
});

it.each(["load", "swap"])(
  "X2: refuses a target that is another one than was planned for, noticed before the %s",
  async (phase) => {
    const { world, facts } = await verifiedPoint();
    const target = await oldTarget();
    if (phase === "load") {
      await expect(
        restoreRdb(await world.restore("redis 1 of yesterday"), target.section, world.point(facts)),
      ).rejects.toThrow(TargetChanged);
    } else {
      world.onPhase = async (name) => {
        if (name === "compare") await target.restart();
      };
      await expect(restore(world, target, facts)).rejects.toThrow(TargetChanged);
    }
    expect(world.phases).toEqual(phase === "load" ? [] : ["load", "compare"]);
  },
);

it("X5: refuses a target whose maxmemory does not hold the data, before it is touched", async () => {
  const { world, facts } = await verifiedPoint();
  const target = await oldTarget();
  world.onPhase = async () => void (await target.link.ask("CONFIG", "SET", "maxmemory", "2mb"));

  await expect(restore(world, target, facts)).rejects.toThrow(TargetUnfit);

  await expectUntouched(target);
});

it("X4: leaves the target alone when the port of the scratch server is taken", async () => {
  const { world, facts } = await verifiedPoint();
  const target = await oldTarget();
  const other = createServer().listen(SCRATCH_PORT, "127.0.0.1");
  onTestFinished(() => void other.close());

  await expect(restore(world, target, facts)).rejects.toThrow(CommandFailed);

  await expectUntouched(target);
});

it.each([
  ["its login is refused", { password: "wrong" }],
  ["nothing answers there", { port: 1 }],
])("X4: a sync that fails because %s leaves the target as it was", async (_why, wrong) => {
  const { source } = await verifiedPoint();
  await source.link.ask("CONFIG", "SET", "requirepass", "right");
  const target = await oldTarget();
  const login = { host: "127.0.0.1", port: target.port };
  const master = {
    address: "127.0.0.1",
    port: source.port,
    password: "right",
    replid: "?",
    link: source.link,
    ...wrong,
  };
  const tools = await redisWorld().restore("");

  const swapping = whileReplicating(login, master, { ...tools, patienceMs: 1_000 }, async () => expect.unreachable());

  await expect(swapping).rejects.toThrow(/did not get the data .* is as it was/);
  await expectUntouched(target);
});

it("X4: a scratch server that dies in the middle of the sync leaves the target as it was", async () => {
  const { world, facts } = await verifiedPoint();
  const target = await oldTarget();
  world.onPhase = async (name) => {
    if (name === "swap") setTimeout(() => world.stop.abort(new Error("task stopped")), 300);
  };
  const restoring = restoreSlowly(world, target, facts);

  await expect(restoring).rejects.toThrow();

  await expectUntouched(target);
});

it("X4: a target that is told to stop when it has everything is left whole, and never as a replica", async () => {
  const { source, world, facts } = await verifiedPoint();
  const target = await oldTarget();
  world.onPhase = async (name) => {
    if (name === "compare" && world.phases.includes("swap")) world.stop.abort(new Error("task stopped"));
  };

  await expect(restore(world, target, facts)).rejects.toThrow();

  expect(await target.link.ask("DEBUG", "DIGEST")).toBe(await source.link.ask("DEBUG", "DIGEST"));
  expect(String(await target.link.ask("INFO", "replication"))).toContain("role:master");
  expect(await target.link.ask("CONFIG", "GET", "masterauth")).toEqual(["masterauth", ""]);
});

it("X4: a target that is loading when the task is told to stop is waited for, and left whole", async () => {
  const { source } = await verifiedPoint();
  const target = await oldTarget("key-load-delay 100", "loading-process-events-interval-bytes 1024"); // some 3 seconds
  const login = { host: "127.0.0.1", port: target.port };
  const master = { address: "127.0.0.1", port: source.port, password: "", replid: "?", link: source.link };
  const world = redisWorld();
  const isLoading = async () => String(await target.link.ask("INFO", "persistence")).includes("\nloading:1");
  const stopWhenLoading = async () => {
    while (!(await isLoading())) await wait(20);
    world.stop.abort(new Error("task stopped"));
  };

  const swapping = whileReplicating(login, master, { ...(await world.restore("")), patienceMs: 500 }, async () => {});
  await Promise.all([stopWhenLoading(), expect(swapping).rejects.toThrow()]);

  expect(await target.link.ask("DEBUG", "DIGEST")).toBe(await source.link.ask("DEBUG", "DIGEST"));
  expect(String(await target.link.ask("INFO", "replication"))).toContain("role:master");
});

it("X4: says what to do when the target could not be told to stand alone again", async () => {
  const { source } = await verifiedPoint();
  const target = await oldTarget();
  const login = { host: "127.0.0.1", port: target.port };
  const master = { address: "127.0.0.1", port: source.port, password: "", replid: "?", link: source.link };
  const tools = { ...(await redisWorld().restore("")), patienceMs: 1_000 };

  await expect(whileReplicating(login, master, tools, target.kill)).rejects.toThrow(
    /still a replica.*Run REPLICAOF NO ONE/,
  );
});

it("X6: notices when the target does not hold what was captured, and names the way back", async () => {
  const { world, facts } = await verifiedPoint();
  const target = await oldTarget();
  const other = await startRedis();
  await insteadOfRedisCli(`exec $REAL -h 127.0.0.1 -p ${other.port} --rdb -`); // what is read back is not what was sent

  await expect(restore(world, target, facts)).rejects.toThrow(
    /keys: captured 30000, restored 0[\s\S]*restore the safety point/,
  );

  expect(String(await target.link.ask("INFO", "replication"))).toContain("role:master");
});

it("knows whether a target has taken over the data", async () => {
  const { source } = await verifiedPoint();
  const target = await oldTarget();
  const login = { host: "127.0.0.1", port: target.port };
  const replid = /master_replid:(\w+)/.exec(String(await source.link.ask("INFO", "replication")))?.[1] ?? "";
  const master = { address: "127.0.0.1", port: source.port, password: "", replid, link: source.link };
  expect(await hasTakenOver(login, master)).toBe(false);

  await whileReplicating(login, master, await redisWorld().restore(""), async () => {});

  expect(await hasTakenOver(login, master)).toBe(true);
});

/** The target takes in the data slowly enough to be interrupted on the way. */
async function restoreSlowly(world: World, target: Server, facts: Facts) {
  await target.link.ask("CONFIG", "SET", "repl-diskless-load", "disabled");
  const tools = await world.restore(
    (await inspectTarget(await world.verify(), target.section, world.point(facts))).fingerprint,
  );
  const serve: typeof tools.commands.serve = (command, signal) =>
    tools.commands.serve({ ...command, args: [...command.args, "--rdb-key-save-delay", "200"] }, signal);
  return restoreRdb({ ...tools, commands: { ...tools.commands, serve } }, target.section, world.point(facts));
}
