import { setTimeout as wait } from "node:timers/promises";
import { expect, it } from "vitest";
import { hasTakenOver, whileReplicating } from "#engines/redis/replication.ts";
import { expectUntouched, oldTarget, verifiedPoint } from "./old-and-new.ts";
import { redisWorld } from "./redis-world.ts";

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
