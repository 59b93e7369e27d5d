import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { proveAudit } from "#app/audit-log.ts";
import { readCatalog } from "#app/catalog.ts";
import { hold } from "#app/hold.ts";
import { planRetention } from "#app/plan-retention.ts";
import { readHolds } from "#app/read-holds.ts";
import { releaseHold } from "#app/release-hold.ts";
import { writeExpiry } from "#app/write-expiry.ts";
import { newSweepId } from "#domain/expiry.ts";
import { HoldId } from "#domain/hold.ts";
import type { BackupId } from "#domain/ids.ts";
import { daysAgo, haveNights, type RetentionWorld, retentionWorld } from "../support/retention-world.ts";

const asked = { why: "an incident", requestedBy: "ada" };
const expireOf = async (world: RetentionWorld) => {
  const { figures } = await planRetention(world.ports)({});
  const [source] = figures["sources"] as { expire: number }[];
  return source?.expire;
};
const place = async (world: RetentionWorld, scope: object = {}, call = "call-1") => {
  const { figures } = await hold(world.ports)({ ...asked, ...scope }, call);
  return HoldId.parse(figures["holdId"]);
};
const letGoOf = (world: RetentionWorld, backupId: BackupId, step: "expired" | "pruning" = "expired") =>
  writeExpiry(world.ports, {
    ...{ schema: 1, step, backupId, source: "app-db", because: "old" },
    ...{ sweep: newSweepId("aaaa", daysAgo(1)), at: daysAgo(1).toISOString() },
  });
const proofOf = async (world: RetentionWorld, id: BackupId | undefined) =>
  (await readCatalog(world.ports)).points.find(({ backupId }) => backupId === id)?.proof;

describe("holding", () => {
  it("keeps a source, a point, a range of time or everything, by one call, until somebody releases it by another", async () => {
    const world = retentionWorld();
    const [oldest] = await haveNights(world);
    const expected: [object, number][] = [
      [{}, 0],
      [{ source: "app-db" }, 0],
      [{ source: "sessions" }, 10],
      [{ backupId: oldest }, 9],
      [{ from: daysAgo(33).toISOString(), to: daysAgo(31).toISOString() }, 8],
    ];

    for (const [index, [scope, expire]] of expected.entries()) {
      const holdId = await place(world, scope, `call-${index}`);
      expect(await expireOf(world), JSON.stringify(scope)).toBe(expire);
      const { verdict } = await releaseHold(world.ports)({ ...asked, holdId }, "call-9");
      expect(verdict).toBe(`${holdId} is released`);
      expect(await expireOf(world)).toBe(10);
    }
  });

  it("writes nothing over: a hold and its release are an object each, and a second release says that it is one", async () => {
    const world = retentionWorld();
    const holdId = await place(world);
    await releaseHold(world.ports)({ ...asked, holdId }, "call-2");

    const again = await releaseHold(world.ports)({ ...asked, holdId }, "call-3");

    expect(again.verdict).toBe(`${holdId} was released already`);
    const names = [...world.objects.keys()].filter((key) => key.startsWith("test/holds/") && key.endsWith(".json"));
    expect(names).toEqual([`test/holds/${holdId}.json`, `test/holds/${holdId}.released.json`]);
  });

  it("looks at several at once of what years of sweeps have said: it is the first command of a bad night", async () => {
    const world = retentionWorld();
    for (const backupId of await haveNights(world)) await letGoOf(world, backupId);
    const { read } = world.ports.repository;
    let [now, most] = [0, 0];
    world.ports.repository.read = async (...asked) => {
      most = Math.max(most, ++now);
      await setImmediate();
      now--;
      return read(...asked);
    };

    const { figures } = await hold(world.ports)(asked, "call-1");

    expect(figures["keptAgain"]).toHaveLength(40);
    expect(most).toBeGreaterThan(8);
  });

  it("brings back what an earlier sweep let go of, and not what is being deleted", async () => {
    const world = retentionWorld();
    const [oldest, second, third] = await haveNights(world);
    if (!oldest || !second || !third) throw new Error("no points");
    await letGoOf(world, oldest);
    await letGoOf(world, second, "pruning");
    await letGoOf(world, third);
    expect(await proofOf(world, oldest)).toBe("expired");

    const { figures } = await hold(world.ports)({ ...asked, to: daysAgo(38).toISOString() }, "call-1");

    expect(figures["keptAgain"]).toEqual([`${oldest} app-db`]);
    expect([await proofOf(world, oldest), await proofOf(world, second), await proofOf(world, third)]).toEqual([
      "verified",
      "pruned",
      "expired",
    ]);
  });

  it("holds everything when what the hold says is lost, forged or deleted; a release that is not signed releases nothing", async () => {
    for (const spoil of [
      (world: RetentionWorld, key: string) => world.objects.set(key, new TextEncoder().encode("{}")),
      (world: RetentionWorld, key: string) => world.objects.delete(key),
      (world: RetentionWorld, key: string) =>
        world.objects.set(key.replace(".json", ".released.json"), new Uint8Array()),
    ]) {
      const world = retentionWorld();
      await haveNights(world);
      const holdId = await place(world);

      spoil(world, `test/holds/${holdId}.json`);

      expect((await readHolds(world.ports)).map((one) => one.holdId)).toEqual([holdId]);
      expect(await expireOf(world)).toBe(0);
    }
  });

  it("N3 refuses what would hold nothing, with every reason at once", async () => {
    const world = retentionWorld();

    const refused = hold(world.ports)(
      {
        ...asked,
        source: "app-bd",
        ...{ from: daysAgo(1).toISOString(), to: daysAgo(2).toISOString(), until: daysAgo(1).toISOString() },
      },
      "call-1",
    );

    await expect(refused).rejects.toMatchObject({
      name: "InputInvalid",
      message: expect.stringMatching(/source: there is no source "app-bd".*\nto: is before from\nuntil: .* is past/),
    });
    expect(world.objects.size).toBe(0);
  });

  it("AP-23 GL-20 writes down who held and released what, and why", async () => {
    const world = retentionWorld();
    const holdId = await place(world, { source: "app-db" });
    await releaseHold(world.ports)({ holdId, why: "it is over", requestedBy: "grace" }, "call-2");

    const { entries, breaks } = await proveAudit(world.ports);

    expect(breaks).toEqual([]);
    expect(entries.slice(1).map(({ entry }) => entry)).toMatchObject([
      { what: "hold", to: holdId, because: "an incident", who: { claimed: "ada", call: "call-1" } },
      { what: "release hold", to: holdId, because: "it is over", who: { claimed: "grace", call: "call-2" } },
    ]);
  });
});
