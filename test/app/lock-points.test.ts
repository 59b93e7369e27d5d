import { describe, expect, it } from "vitest";
import { expirePoints } from "#app/expire-points.ts";
import { hold } from "#app/hold.ts";
import { lockPoints } from "#app/lock-points.ts";
import { prunePoints } from "#app/prune-points.ts";
import { formatDuration } from "#domain/duration.ts";
import type { BackupId } from "#domain/ids.ts";
import { lockContradictions } from "#domain/lock-contradictions.ts";
import type { Locker } from "#ports/locker.ts";
import { daysAgo, havePoint, now, retentionWorld } from "../support/retention-world.ts";

const HOUR_MS = 3_600_000;

/** Keeps 30 days, and locks 15 days ahead. */
function lockedWorld(for_ = "15d") {
  const world = retentionWorld();
  const until = new Map<string, Date>();
  const refuse = new Set<string>();
  const locker: Locker = {
    lockedUntil: async (key) => until.get(key),
    lock: async (key, _, how) => {
      if (refuse.has(key)) throw Object.assign(new Error("no lock on this bucket"), { name: "InvalidRequest" });
      until.set(key, how.until);
    },
  };
  const eraser = {
    ...world.ports.eraser,
    lockOn: async (key: string) =>
      (until.get(key)?.getTime() ?? 0) > world.time.at.getTime() ? `${key} is locked` : undefined,
  };
  const plan = { ...world.ports.plan, lock: { mode: "compliance" as const, for: for_ } };
  const ports = { ...world.ports, plan, locker, eraser };
  const execution = () => ({ id: `arn:${world.time.at.toISOString()}`, startTime: world.time.at.toISOString() });
  return {
    ...world,
    ports,
    until,
    refuse,
    lock: (backupId?: BackupId) => lockPoints(ports)({ execution: execution(), backupId }),
    async sweep(at: Date) {
      world.time.at = at;
      await lockPoints(ports)({ execution: execution() });
      await expirePoints(ports)({ execution: execution() });
      return prunePoints(ports)({ execution: execution() });
    },
    /** Of the objects that belong to it: how far ahead, and how many. */
    locksOf: (backupId: BackupId) =>
      [...until]
        .filter(([key]) => key.includes(backupId))
        .map(([, at]) => formatDuration(at.getTime() - world.time.at.getTime())),
  };
}

describe("locks", () => {
  it("T8 are on every object of a point as soon as it is verified, and on no other point", async () => {
    const world = lockedWorld();
    const [point, unverified] = [
      await havePoint(world, daysAgo(1)),
      await havePoint(world, now, { isVerified: false }),
    ];

    await world.lock(point);
    await world.lock(unverified);

    expect(world.locksOf(point)).toEqual(Array(7).fill("360h")); // artifact, data key, guide, manifest, proof, two signatures
    expect(world.locksOf(unverified)).toEqual([]);
  });

  it("are extended by each sweep for what is kept, and left alone for what it lets go of", async () => {
    const world = lockedWorld();
    const points = [];
    for (const days of [40, 20, 10, 1]) points.push(await havePoint(world, daysAgo(days)));
    const [old, ...kept] = points as [BackupId, ...BackupId[]];

    await world.sweep(now);
    const again = await world.lock();

    expect(world.locksOf(old)).toEqual([]);
    for (const backupId of kept) expect(new Set(world.locksOf(backupId)), backupId).toEqual(new Set(["360h"]));
    expect(again).toEqual({ locked: 0 });
  });

  it("T6 let a point that has expired wait until its lock is over, and then it is deleted; held, it is locked on", async () => {
    const world = lockedWorld();
    const [gone, held] = [await havePoint(world, daysAgo(29)), await havePoint(world, daysAgo(28.5))];
    for (const days of [3, 2, 1]) await havePoint(world, daysAgo(days));
    await world.sweep(now);
    const later = (days: number) => new Date(now.getTime() + days * 24 * HOUR_MS);
    const nights = async (days: number) => {
      await havePoint(world, later(days - 0.1)); // else the clock would seem to have jumped
      return world.sweep(later(days));
    };
    world.time.at = now;
    await hold(world.ports)({ backupId: held, why: "a lawsuit", requestedBy: "Ada" }, "call");

    const expired = await nights(2);
    const waiting = await nights(4);
    const over = await nights(16);

    expect(expired.pruned).toBe(0);
    expect(waiting).toMatchObject({ pruned: 0, deferred: [expect.stringContaining(`${gone} app-db: `)] });
    expect(over.pruned).toBe(1);
    expect(world.erased.every((key) => key.includes(gone))).toBe(true);
    expect(new Set(world.locksOf(held))).toEqual(new Set(["360h"]));
  });

  it("stop the sweep when something can't be locked, after the rest is, and before anything is let go of", async () => {
    const world = lockedWorld();
    const point = await havePoint(world, daysAgo(1));
    const [artifact = ""] = [...world.artifacts.keys()];
    world.refuse.add(artifact);

    await expect(world.lock()).rejects.toMatchObject({
      name: "LockFailed",
      message: expect.stringContaining(`${artifact}: InvalidRequest: no lock on this bucket`),
    });
    expect(world.locksOf(point)).toHaveLength(6);
  });

  it("do nothing where the plan has none", async () => {
    const world = lockedWorld();
    await havePoint(world, daysAgo(1));
    const { lock: _, ...plan } = world.ports.plan;
    const execution = { id: "arn:x", startTime: now.toISOString() };

    expect(await lockPoints({ ...world.ports, plan })({ execution })).toEqual({ locked: 0 });
    expect(world.until.size).toBe(0);
  });
});

describe("the plan", () => {
  const policy = (days: number) => ({ days, count: 2 });
  const retention = { schedule: "0 4 * * 0", default: policy(30), sources: { sessions: policy(10) } };
  const messages = (...asked: Parameters<typeof lockContradictions>) =>
    lockContradictions(...asked).map(({ path, message }) => `${path}: ${message}`);

  it("refuses locks that nothing extends, that run out between two sweeps, and that outlast what retention wants deleted", () => {
    expect(messages({ mode: "governance", for: "10d" }, undefined)).toEqual([
      "lock: needs retention, whose sweep extends the locks",
    ]);
    expect(messages({ mode: "governance", for: "7d" }, retention)).toEqual([
      "lock.for: 7d runs out between two sweeps, which are up to 168h apart: at least a day more is needed",
    ]);
    expect(messages({ mode: "compliance", for: "11d" }, retention)).toEqual([
      "lock.for: 11d is longer than the 10 days of retention.sources.sessions: what has expired could not be deleted",
    ]);
    expect(messages({ mode: "compliance", for: "10d" }, retention)).toEqual([]);
  });
});
