import { describe, expect, it } from "vitest";
import { z } from "zod";
import { proveAudit } from "#app/audit-log.ts";
import { readCatalog } from "#app/catalog.ts";
import { checkBackup } from "#app/check-backup.ts";
import { expirePoints } from "#app/expire-points.ts";
import { hold } from "#app/hold.ts";
import { listPoints } from "#app/list-points.ts";
import { noticeTampering } from "#app/notice-tampering.ts";
import { planRestore } from "#app/plan-restore.ts";
import { planRetention } from "#app/plan-retention.ts";
import { prunePoints } from "#app/prune-points.ts";
import { sweepRepository } from "#app/sweep-repository.ts";
import type { BackupId } from "#domain/ids.ts";
import { capture, layout } from "../support/memory-world.ts";
import {
  daysAgo,
  haveNights,
  havePoint,
  now,
  type RetentionWorld,
  retentionWorld,
} from "../support/retention-world.ts";

/** One execution of the machine that begins then. */
async function sweep(world: RetentionWorld, at: Date) {
  world.time.at = at;
  const input = { execution: { id: `arn:execution:${at.toISOString()}`, startTime: at.toISOString() } };
  const planned = await planRetention(world.ports)({ startedAt: at.toISOString() });
  const expired = await expirePoints(world.ports)(input);
  const pruned = await prunePoints(world.ports)(input);
  return { planned, ...expired, ...pruned };
}
const later = (hours: number) => new Date(now.getTime() + hours * 3600 * 1000);
const figuresOf = ({ planned }: { planned: { figures: Record<string, unknown> } }) =>
  (planned.figures["sources"] as Record<string, number>[])[0];
const proofs = async (world: RetentionWorld) =>
  new Map((await readCatalog(world.ports)).points.map(({ backupId, proof }) => [backupId, proof]));
const artifactOf = (id: BackupId) => layout.artifact(id, "app-db", 0, 1, "dump");
const keyOf = (id: BackupId) => layout.wrappedKey(`${id}.app-db.0`, 1);
const raised = (world: RetentionWorld) =>
  world.happened.flatMap(({ type, detail }) => (type === "AlarmRaised" ? [detail] : []));
const tamper = (world: RetentionWorld, key: string, versionId = "1") =>
  noticeTampering(world.ports)({
    ...{
      bucket: "the-bucket",
      key,
      versionId,
      at: later(30),
      isDeletedForGood: true,
      isByRule: false,
      who: "somebody",
    },
  });

describe("a sweep of retention", () => {
  it("AS-13 GL-6 C5 lets go of points first, and deletes their bytes and data keys in a sweep a day later; both are the dry run's", async () => {
    const world = retentionWorld();
    const ids = await haveNights(world);
    const old = ids.slice(0, 10);

    const first = await sweep(world, now);
    const between = await sweep(world, later(23));
    const second = await sweep(world, later(25));

    expect(figuresOf(first)).toMatchObject({ expire: 10, prune: 0 });
    expect(first).toMatchObject({ expired: 10, pruned: 0, outcome: "PRUNED" });
    expect(between.pruned).toBe(0);
    expect(figuresOf(second)).toMatchObject({ prune: second.pruned });
    expect(second.pruned).toBe(10);
    expect(world.erased.toSorted()).toEqual(old.flatMap((id) => [artifactOf(id), keyOf(id)]).toSorted());
    const left = await proofs(world);
    expect(old.map((id) => left.get(id))).toEqual(old.map(() => "pruned"));
    expect([...left.values()].filter((proof) => proof === "verified").length).toBeGreaterThanOrEqual(29);
  });

  it("C6 offers what has expired to nobody: it is not listed, and a restore refuses it by name", async () => {
    const world = retentionWorld();
    const [oldest] = await haveNights(world);
    await sweep(world, now);

    const { figures } = await listPoints(world.ports)({ newest: 100 });
    const restore = planRestore({ ...world.ports, restoreOptions: { postgresql: z.unknown() } })({
      input: { source: "app-db", backupId: oldest, options: {}, despite: [], safety: "before", retrieval: "Standard" },
      execution: { id: "arn:restore", startTime: now.toISOString() },
    });

    expect(figures["points"]).toHaveLength(30);
    await expect(restore).rejects.toMatchObject({
      name: "NoSuchPoint",
      message: expect.stringMatching(/it is expired since 2026-11-22T04:00:00.000Z \(older than 30 days/),
    });
  });

  it("saves what is held between the two sweeps, and what a rule keeps again", async () => {
    const world = retentionWorld();
    const [oldest, second] = await haveNights(world);
    await sweep(world, now);
    await hold(world.ports)({ backupId: oldest, why: "an incident", requestedBy: "ada" }, "call-1");
    world.ports.plan.retention.default.days = 40;

    const { pruned } = await sweep(world, later(25));

    expect(pruned).toBe(0);
    expect((await proofs(world)).get(oldest as BackupId)).toBe("verified");
    expect((await proofs(world)).get(second as BackupId)).toBe("verified");
    expect(world.erased).toEqual([]);
  });

  it("saves what is held after the sweep has been planned", async () => {
    const world = retentionWorld();
    await haveNights(world);
    await sweep(world, now);
    world.time.at = later(25);
    let isHeld = false;
    const repository = {
      ...world.ports.repository,
      // the first look at an artifact's history: everything has been judged by then
      history: async (key: string) => {
        if (!isHeld) await hold(world.ports)({ why: "an incident", requestedBy: "ada" }, "call-1");
        isHeld = true;
        return world.ports.repository.history(key);
      },
    };
    const input = { execution: { id: "arn:late", startTime: later(25).toISOString() } };

    const { pruned, deferred } = await prunePoints({ ...world.ports, repository })(input);

    expect(pruned).toBe(0);
    expect(deferred).toHaveLength(10);
    expect(deferred[0]).toContain("held by");
  });

  it("T6 never offers a point of which something is deleted, tells that it could not go on, and goes on in the next sweep", async () => {
    const world = retentionWorld();
    const [oldest] = await haveNights(world);
    if (!oldest) throw new Error("no points");
    await sweep(world, now);
    world.refuse.add(keyOf(oldest));

    const cutOff = await sweep(world, later(25));
    const during = (await proofs(world)).get(oldest);
    world.refuse.clear();
    const next = await sweep(world, later(26));

    expect(cutOff).toMatchObject({ outcome: "FAILED", pruned: 9 });
    expect(cutOff.problems).toContain(`${oldest} app-db: AccessDenied: Access Denied`);
    expect(during).toBe("pruned");
    expect(next).toMatchObject({ outcome: "PRUNED", pruned: 1 });
    expect(world.erased).toContain(keyOf(oldest));
  });

  it("T6 touches nothing of a point while Object Lock keeps any of it", async () => {
    const world = retentionWorld();
    const [oldest] = await haveNights(world);
    if (!oldest) throw new Error("no points");
    await sweep(world, now);
    world.locks.set(keyOf(oldest), "it is locked until 2027-01-01T00:00:00.000Z");

    const { outcome, deferred } = await sweep(world, later(25));

    expect(outcome).toBe("PRUNED");
    expect(deferred).toEqual([`${oldest} app-db: it is locked until 2027-01-01T00:00:00.000Z`]);
    expect(world.erased).not.toContain(artifactOf(oldest));
  });

  it("GL-20 AP-23 writes down what it let go of and deleted, and why, in one chain", async () => {
    const world = retentionWorld();
    const [oldest] = await haveNights(world);
    await sweep(world, now);
    await sweep(world, later(25));

    const { entries, breaks } = await proveAudit(world.ports);
    const ofOldest = entries.flatMap(({ entry }) =>
      "to" in entry && entry.to === `${oldest} app-db` ? [`${entry.what}: ${entry.outcome}`] : [],
    );

    expect(breaks).toEqual([]);
    expect(ofOldest).toEqual(["expire: not offered", "prune: begins: 2 versions", "prune: deleted: 2 versions"]);
  });

  it("R6 alarms nobody by its own deletions, and everybody by anyone else's, of the same point too", async () => {
    const world = retentionWorld();
    const [oldest] = await haveNights(world);
    if (!oldest) throw new Error("no points");
    await sweep(world, now);
    const kept = (await haveNights(world, 1))[0] as BackupId;
    await tamper(world, artifactOf(oldest)); // expired, and no sweep deletes it yet
    expect(raised(world)).toHaveLength(1);
    await sweep(world, later(25));
    world.happened.length = 0;

    await tamper(world, artifactOf(oldest));
    await tamper(world, keyOf(oldest));
    expect(raised(world)).toEqual([]);

    await tamper(world, artifactOf(oldest), "2");
    await tamper(world, artifactOf(kept));
    await tamper(world, layout.manifest(oldest));
    expect(raised(world).map(({ message }) => message.split(" (")[0])).toEqual([
      `${artifactOf(oldest)} has lost a version for good`,
      `${artifactOf(kept)} has lost a version for good`,
      `${layout.manifest(oldest)} has lost a version for good`,
    ]);
  });

  it("makes no quarantine of what it deleted, when the repository is swept for lost events", async () => {
    const world = retentionWorld();
    const unverified = await havePoint(world, daysAgo(60), { isVerified: false });
    await haveNights(world, 5);
    await sweep(world, now);
    await sweep(world, later(25));
    expect((await proofs(world)).get(unverified)).toBe("pruned");

    const check = checkBackup({ ...world.ports, verifyMachine: "arn:verify" });
    await sweepRepository({ ...world.ports, check })({ lostAfterMinutes: 5 });

    expect(world.started.filter(({ input }) => JSON.stringify(input).includes("wrong"))).toEqual([]);
  });

  it("R5 deletes what failed captures have left after 14 days, and nothing that a manifest names or that somebody has robbed of it", async () => {
    const world = retentionWorld();
    await haveNights(world);
    const [failed, robbed] = [daysAgo(20.2), daysAgo(20.3)].map(
      (at) => `${at.toISOString().slice(0, 10)}-111111-nightly`,
    );
    const [failedId, robbedId] = [failed, `${robbed}x`] as [BackupId, BackupId];
    for (const id of [failedId, robbedId]) capture(world, "sessions", {}, id);
    await world.ports.repository.create(layout.restoreGuide(robbedId), "how it was restored");
    const keys = [...world.artifacts.keys()].filter((key) => key.includes("sessions"));

    await sweep(world, now);

    expect(keys).toHaveLength(2);
    expect(world.erased).toEqual(keys.filter((key) => key.includes(`${failedId}/`)));
    await tamper(world, world.erased[0] ?? "");
    expect(raised(world)).toEqual([]);
  });
});
