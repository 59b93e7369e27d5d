import { createServer } from "node:net";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { CommandFailed, FactsDiffer, FormatIncomplete, TargetChanged, TargetUnfit } from "#domain/errors.ts";
import type { Facts } from "#domain/facts.ts";
import { SCRATCH_PORT } from "#engines/redis/config.ts";
import { restoreRdb } from "#engines/redis/restore.ts";
import { inspectTarget } from "#engines/redis/target.ts";
import { expectUntouched, oldTarget, verifiedPoint } from "./old-and-new.ts";
import { type Server, startRedis } from "./real-redis.ts";
import { insteadOfRedisCli, oneAtATime, type World } from "./redis-world.ts";

beforeEach(oneAtATime);

async function restore(world: World, target: Server, facts: Facts) {
  const { fingerprint } = await inspectTarget(await world.verify(), target.section, world.point(facts));
  return restoreRdb(await world.restore(fingerprint), target.section, world.point(facts));
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
