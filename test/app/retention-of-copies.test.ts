import { describe, expect, it } from "vitest";
import { type CatalogPorts, readCatalog } from "#app/catalog.ts";
import { hold } from "#app/hold.ts";
import { indexPoints } from "#app/index-points.ts";
import { planRetention } from "#app/plan-retention.ts";
import { readAudit } from "#app/read-audit.ts";
import { createSigned } from "#app/signed-objects.ts";
import type { BackupId } from "#domain/ids.ts";
import { copyWorld } from "../support/copy-world.ts";
import { layout } from "../support/memory-world.ts";
import { daysAgo, havePoint, now } from "../support/retention-world.ts";

type World = ReturnType<typeof copyWorld>;
const policy = (days: number) => ({ retention: { default: { days, count: 2 }, sources: {} } });
const later = (days: number) => daysAgo(-days);
const asked = { requestedBy: "Ada", why: "a lawsuit" };

/** The nights of so many days ago, each copied by the event that it is verified. */
async function copiedNights(world: World, ...nights: number[]): Promise<BackupId[]> {
  const ids: BackupId[] = [];
  for (const night of nights) {
    const backupId = await havePoint(world, daysAgo(night));
    await world.run({ backupId });
    ids.push(backupId);
  }
  return ids;
}

const proofsIn = async (ports: CatalogPorts) =>
  Object.fromEntries((await readCatalog(ports)).points.map(({ backupId, proof }) => [backupId, proof]));
const here = (world: World) => proofsIn(world.ports);
const there = (world: World) => proofsIn({ ...world.ports, repository: world.there.ports.repository });

/** A night and a sweep of that place, so many days from now. */
async function dayOfSweep(world: World, where: string, days: number) {
  world.time.at = later(days);
  await world.run({ backupId: await havePoint(world, later(days - 0.1)) });
  return world.sweep(where);
}

describe("the retention of a copy", () => {
  it("AP-2 AP-4 GL-8 keeps points there by the copy's own days: 30 here, 90 there, and each place lets go by itself", async () => {
    const world = copyWorld(policy(90));
    const [old, middle, young] = await copiedNights(world, 89, 40, 1);
    if (!old || !middle || !young) throw new Error("no points");

    const first = [await world.sweep("repository"), await world.sweep("offsite")];
    const second = [await dayOfSweep(world, "repository", 2), await dayOfSweep(world, "offsite", 2)];
    const third = await dayOfSweep(world, "offsite", 4);

    expect(first).toMatchObject([{ expired: 1 }, { expired: 0 }]); // 40 days is one of the newest two here
    expect(second).toMatchObject([{ pruned: 1 }, { expired: 1, pruned: 0 }]);
    expect(third).toMatchObject({ pruned: 1, problems: "" });
    expect((await here(world))[old]).toBe("pruned");
    expect(await there(world)).toMatchObject({ [old]: "pruned", [middle]: "verified", [young]: "verified" });
    expect(world.erasedThere.every((key) => key.includes(old))).toBe(true);
    expect(world.erasedThere).toHaveLength(2); // its artifact and its data key; nothing else of it, and nothing of another
  });

  it("C5 T6 deletes nothing there before 24 hours have passed, however often it sweeps", async () => {
    const world = copyWorld(policy(10));
    await copiedNights(world, 20, 2, 1);

    const first = await world.sweep("offsite");
    world.time.at = later(0.99);
    const early = await world.sweep("offsite");
    const late = await dayOfSweep(world, "offsite", 1.01);

    expect([first, early, late]).toMatchObject([{ expired: 1, pruned: 0 }, { pruned: 0 }, { pruned: 1 }]);
  });

  it("C5 T4 never leaves fewer than the last points that were read back there, whatever is newer and was not", async () => {
    const world = copyWorld(policy(10));
    const [a, b] = await copiedNights(world, 30, 20);
    const later = await havePoint(world, daysAgo(1));
    await world.copy(later); // its manifest and its proof are there, and nobody has read it back
    const { artifacts } = world.there;
    for (const key of artifacts.keys()) if (key.includes(later)) artifacts.delete(key);

    const swept = await world.sweep("offsite");

    expect(swept).toMatchObject({ expired: 0, pruned: 0 });
    expect(await there(world)).toMatchObject({ [`${a}`]: "verified", [`${b}`]: "verified" });
    expect([...world.there.objects.keys()].filter((key) => key.includes("/expired/"))).toEqual([]);
  });

  it("T4 T8 is frozen with the source: when its newest points here fail or are suspicious, nothing goes there", async () => {
    const world = copyWorld(policy(10));
    await copiedNights(world, 40, 30, 20, 1);
    const suspected = await havePoint(world, daysAgo(0.5));
    const proof = {
      schema: 1,
      backupId: suspected,
      source: "app-db",
      quarantinedAt: now.toISOString(),
      reasons: ["wrong"],
    };
    const key = layout.proof(suspected, "app-db", "quarantined", "x");
    await createSigned(world.ports, key, (hash) => layout.proofSignature(key, hash), JSON.stringify(proof));
    world.there.objects.delete(key);

    const plan = await planRetention(world.ports)({ where: "offsite" });

    expect((await here(world))[suspected]).toBe("quarantined");
    expect(plan.verdict).toMatch(/let 0 expire and delete 0; app-db in offsite is frozen: its newest point/);
  });

  it("is stopped by holds, which are the repository's alone; one brings back at once what has expired there", async () => {
    const world = copyWorld(policy(10));
    const [held, gone] = await copiedNights(world, 30, 20, 2, 1);
    if (!held || !gone) throw new Error("no points");
    await world.sweep("offsite");
    expect(await there(world)).toMatchObject({ [held]: "expired", [gone]: "expired" });

    const { figures } = await hold(world.ports)({ ...asked, backupId: held }, "call");
    const swept = await dayOfSweep(world, "offsite", 2);

    expect(figures["keptAgain"]).toEqual([`${held} app-db in offsite`]);
    expect(swept).toMatchObject({ pruned: 1 });
    expect(await there(world)).toMatchObject({ [held]: "verified", [gone]: "pruned" });
  });

  it("T6 deletes nothing there that is held at the last moment, after the sweep has chosen it", async () => {
    const world = copyWorld(policy(10));
    await copiedNights(world, 20, 2, 1);
    await world.sweep("offsite");
    const { repository } = world.there.ports;
    const { history } = repository;
    repository.history = async (key) => {
      repository.history = history;
      await hold(world.ports)(asked, "call");
      return history(key);
    };

    const swept = await dayOfSweep(world, "offsite", 2);

    expect(swept).toMatchObject({ pruned: 0, deferred: [expect.stringContaining("held by ")] });
    expect(world.erasedThere).toEqual([]);
  });

  it("holds all the same when the other region can't be reached, and says that its sweep brings back what it can't", async () => {
    const world = copyWorld(policy(10));
    const openCopy = () => ({
      ...world.there.ports.repository,
      folders: async () => {
        throw new Error("connect ETIMEDOUT");
      },
    });
    await copiedNights(world, 1);

    const { figures } = await hold({ ...world.ports, openCopy })(asked, "call");
    const plan = await planRetention({ ...world.ports, openCopy })({});

    expect(figures["problems"]).toEqual([
      "offsite: what has expired there comes back with its next sweep: connect ETIMEDOUT",
    ]);
    expect(plan.verdict).toContain(
      "keep 1 points, let 0 expire and delete 0; offsite could not be looked at: connect ETIMEDOUT",
    );
  });

  it("GL-20 writes what goes there, and why, into the audit log of the repository, which is whole", async () => {
    const world = copyWorld(policy(10));
    const [gone] = await copiedNights(world, 20, 2, 1);
    await world.sweep("offsite");
    await dayOfSweep(world, "offsite", 2);

    const audit = await readAudit(world.ports)({ newest: 50 });

    expect(audit.verdict).toContain("is whole");
    const text = JSON.stringify(audit.figures);
    for (const what of ["expire", "prune"]) expect(text).toContain(what);
    expect(text.split(`${gone} app-db in offsite`)).toHaveLength(4); // let go of, begun, deleted
    expect([...world.there.objects.keys()].filter((key) => key.includes("/audit/"))).toEqual([]);
  });

  it("AS-26 shows every place in the dry run, and comes to the figures of the sweep", async () => {
    const world = copyWorld(policy(10));
    await copiedNights(world, 40, 20, 2, 1);

    const all = await planRetention(world.ports)({});
    const table = (all.figures["table"] as string[]).join("\n");
    const ofMachine = await planRetention(world.ports)({ startedAt: now.toISOString(), input: { where: "offsite" } });
    const swept = await world.sweep("offsite");

    expect(all.figures["sources"]).toMatchObject([
      { where: "repository", expire: 1 },
      { where: "offsite", expire: 2 },
    ]);
    expect(table).toMatch(/repository .* app-db .* expires .* older than 30 days/);
    expect(table).toMatch(/offsite .* app-db .* expires .* older than 10 days/);
    expect(ofMachine.figures).toMatchObject({ where: "offsite", sources: [{ expire: swept.expired }] });
    await expect(planRetention(world.ports)({ where: "moon" })).rejects.toMatchObject({
      name: "InputInvalid",
      message: 'where: there is no copy "moon"; the plan has offsite',
    });
  });

  it("O13 takes what it has to know of the repository from its index, and reads the manifests of the copy alone", async () => {
    const world = copyWorld(policy(10));
    await copiedNights(world, 40, 20, 2, 1);
    const before = await planRetention(world.ports)({});
    await indexPoints(world.ports)();
    const reads: string[] = [];
    const read = async (key: string) => {
      reads.push(key);
      return world.ports.repository.read(key);
    };

    const after = await planRetention({ ...world.ports, repository: { ...world.ports.repository, read } })({});

    expect(after.figures["sources"]).toEqual(before.figures["sources"]);
    expect(reads.filter((key) => key.endsWith("manifest.json"))).toEqual([]);
    expect(after.figures["readFrom"]).toEqual({
      repository: expect.stringContaining("index of "),
      offsite: "every manifest: copies have no index",
    });
  });

  it("does nothing where the copy has no policy: everything is kept", async () => {
    const world = copyWorld();
    await copiedNights(world, 400, 300, 200, 1);

    expect(await world.sweep("offsite")).toMatchObject({ locked: 0, expired: 0, pruned: 0 });
  });

  it("copies again neither what was let go of there, not even when asked to, nor what would be with the next sweep", async () => {
    const world = copyWorld(policy(10));
    const [gone] = await copiedNights(world, 20, 2, 1);
    await world.sweep("offsite");
    await havePoint(world, daysAgo(15));

    expect((await world.planned({ backupId: gone, again: true })).copies).toEqual([]);
    expect((await world.planned()).copies).toEqual([]);
  });
});

describe("locks in a copy", () => {
  const locking = { ...policy(30), lock: { mode: "compliance" as const, for: "15d" } };

  it("IS-2 are on every object of what is kept there, are extended by its sweep, and by none of the repository", async () => {
    const world = copyWorld(locking);
    const [point] = await copiedNights(world, 40, 3, 2);
    await copiedNights(world, 1);

    await world.sweep("repository");
    expect(world.locked.size).toBe(0);
    const first = await world.sweep("offsite");
    const dates = new Map(world.locked);
    const second = await dayOfSweep(world, "offsite", 2);

    expect(first.locked).toBe(3 * 9); // artifact, data key, guide, manifest, two proofs, and their three signatures
    expect([...dates.keys()].filter((key) => key.includes(`${point}`))).toEqual([]);
    expect(second.locked).toBe(4 * 9);
    for (const [key, until] of dates) expect(world.locked.get(key)?.getTime(), key).toBeGreaterThan(until.getTime());
  });

  it("are put on a point when it was read back there, and on none that was not", async () => {
    const world = copyWorld(locking);
    const [point] = await copiedNights(world, 2);
    const unread = await havePoint(world, daysAgo(1));
    await world.copy(unread);

    expect(await world.lockCopy(point)).toEqual({ locked: 9 });
    expect(await world.lockCopy(unread)).toEqual({ locked: 0 });
  });

  it("T6 let what has expired there wait until they are over", async () => {
    const world = copyWorld(locking);
    const [gone] = await copiedNights(world, 29, 2, 1);
    for (const key of world.there.artifacts.keys())
      if (key.includes(`${gone}`)) world.locksThere.set(key, `${key} is locked`);

    await dayOfSweep(world, "offsite", 2);
    const waiting = await dayOfSweep(world, "offsite", 4);
    world.locksThere.clear();
    const over = await dayOfSweep(world, "offsite", 6);

    expect(waiting).toMatchObject({ pruned: 0, deferred: [expect.stringContaining(`${gone} app-db: `)] });
    expect(over.pruned).toBe(1);
  });
});
