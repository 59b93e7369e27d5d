import { describe, expect, it } from "vitest";
import { expirePoints } from "#app/expire-points.ts";
import { indexPoints } from "#app/index-points.ts";
import { listPoints } from "#app/list-points.ts";
import { planRetention } from "#app/plan-retention.ts";
import { planVerify } from "#app/plan-verify.ts";
import { Index } from "#app/point-index.ts";
import { prunePoints } from "#app/prune-points.ts";
import { quarantine } from "#app/quarantine.ts";
import { createSigned } from "#app/signed-objects.ts";
import { writeExpiry } from "#app/write-expiry.ts";
import { SweepId } from "#domain/expiry.ts";
import { startOf } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import {
  daysAgo,
  haveNights,
  havePoint,
  now,
  type RetentionWorld,
  retentionWorld,
} from "../support/retention-world.ts";

const execution = { execution: { id: "arn:sweep", startTime: now.toISOString() } };
const list = async (world: RetentionWorld) => listPoints(world.ports)({ newest: 1_000 });

/** Counts what is read from the bucket while `work` goes on. */
async function readsOf(world: RetentionWorld, work: () => Promise<unknown>): Promise<string[]> {
  const reads: string[] = [];
  const { repository } = world.ports;
  const { read } = repository;
  repository.read = async (key) => {
    reads.push(key);
    return read(key);
  };
  await work();
  repository.read = read;
  return reads;
}

/** The newest index, changed by somebody who holds the signing key. */
async function lie(world: RetentionWorld, change: (index: Index) => void): Promise<void> {
  const [key = ""] = [...world.objects.keys()].filter((one) => one.endsWith("/points.json"));
  const index = parseJson(world.objects.get(key) ?? new Uint8Array(), Index, key);
  change(index);
  const { layout } = world.ports;
  const later = layout.index(new Date(index.begunAt.getTime() + 1_000));
  await createSigned(world.ports, later, (hash) => layout.proofSignature(later, hash), JSON.stringify(index));
}

describe("the index of points", () => {
  it("O13 answers for everything that has not changed: the list and the dry run are those of the manifests, and none is read", async () => {
    const world = retentionWorld();
    await haveNights(world);
    const fromManifests = await list(world);
    const plan = await planRetention(world.ports)({});
    await indexPoints(world.ports)();

    let listed = fromManifests;
    let planned = plan;
    const reads = await readsOf(world, async () => {
      listed = await list(world);
      planned = await planRetention(world.ports)({});
    });

    const { readFrom: _, ...figures } = listed.figures;
    expect(listed.verdict).toBe(fromManifests.verdict);
    expect(fromManifests.figures).toMatchObject(figures);
    expect(planned.figures["table"]).toEqual(plan.figures["table"]);
    expect(listed.figures["readFrom"]).toMatch(/^index of 2026-11-22T04:00:00.000Z; 0 changed backups/);
    expect(reads.filter((key) => key.endsWith("manifest.json"))).toEqual([]);
  });

  it("O13 asks S3 for no more in a dry run over many points and runs than over few", async () => {
    const askedOver = async (nights: number) => {
      const world = retentionWorld();
      const { repository } = world.ports;
      for (const id of await haveNights(world, nights)) {
        const { time } = world;
        time.at = startOf(id);
        await planVerify(world.ports)({ input: { backupId: id, again: true }, execution: { name: id } });
        for (const key of world.objects.keys())
          if (key.includes("/runs/") && !world.histories.has(key))
            world.histories.set(key, { key, versions: [{ versionId: "1", at: time.at }], markers: [] });
        time.at = now;
      }
      await indexPoints(world.ports)();
      let asked = 0;
      const counted = new Proxy(repository, {
        get: (of, name: "list" | "histories") => {
          asked++;
          if (name !== "list" && name !== "histories") return of[name];
          return async function* (prefix: string) {
            for await (const found of of[name](prefix)) {
              asked++; // a page more for each thousand
              yield found;
            }
          };
        },
      });
      const { verdict } = await planRetention({ ...world.ports, repository: counted })({});
      return { asked, verdict };
    };

    const [few, many] = [await askedOver(40), await askedOver(120)];

    expect(few.verdict).toContain("keep 30 points, let 10 expire");
    expect(many).toMatchObject({
      asked: few.asked,
      verdict: expect.stringContaining("keep 106 points, let 14 expire"),
    });
    expect(few.asked).toBeLessThan(20);
  });

  it("is noticed to be stale: what was committed, verified, quarantined or let go of since is read from its manifest", async () => {
    const world = retentionWorld();
    const nights = await haveNights(world);
    await indexPoints(world.ports)();
    world.time.at = new Date(now.getTime() + 3600_000);
    const added = await havePoint(world, new Date(now.getTime() + 1800_000));
    const wrong = nights.at(-2) ?? added;
    const who = { source: "app-db", backupId: wrong, why: "a look at it", requestedBy: "ada" };
    await quarantine(world.ports)(who, "call");
    await expirePoints(world.ports)({ execution: { id: "arn:sweep", startTime: world.time.at.toISOString() } });

    const { figures, verdict } = await list(world);

    const points = figures["points"] as { backupId: string; proof: string }[];
    expect(verdict).toContain("is restorable to 2026-11-22T04:30:00.000Z");
    expect(points.find(({ backupId }) => backupId === added)?.proof).toBe("verified");
    expect(points.find(({ backupId }) => backupId === wrong)?.proof).toBe("quarantined");
    expect(points.some(({ backupId }) => backupId === nights[0])).toBe(false);
    expect(figures["readFrom"]).toMatch(/index of .*; 1\d changed backups/);
  });

  it.each([
    ["there is none", "there is no index", async () => {}],
    [
      "it is not signed by us",
      "is not signed by us",
      async (world: RetentionWorld) => {
        await indexPoints(world.ports)();
        for (const key of world.objects.keys())
          if (key.includes("/points.")) world.objects.set(key, new TextEncoder().encode("{}"));
      },
    ],
    [
      "it is of another shape",
      "breaks its schema",
      async (world: RetentionWorld) => {
        const key = world.ports.layout.index(now);
        await createSigned(world.ports, key, (hash) => world.ports.layout.proofSignature(key, hash), "{}");
      },
    ],
    [
      "nobody has written one for days",
      "is not of the last 3 days",
      async (world: RetentionWorld) => {
        await indexPoints({ ...world.ports, clock: () => daysAgo(4) })();
      },
    ],
  ])("is not missed: every manifest is read when %s", async (_, because, prepare) => {
    const world = retentionWorld();
    await haveNights(world, 3);
    await prepare(world);

    const { figures, verdict } = await list(world);

    expect(verdict).toContain("app-db is restorable to 2026-11-22T01:36:00.000Z");
    expect(figures["points"]).toHaveLength(3);
    expect(figures["readFrom"]).toMatch(new RegExp(`^every manifest: .*${because}`));
  });

  it("decides no deletion: an index that lies under our own signature changes nothing of what a sweep lets go of and deletes", async () => {
    const honest = retentionWorld();
    const lied = retentionWorld();
    const worlds = [honest, lied] as const;
    for (const world of worlds) {
      await haveNights(world);
      await indexPoints(world.ports)();
    }
    await lie(lied, (index) => {
      for (const point of index.points) point.recoveredTo = daysAgo(300); // all of it old, none of it good
      index.points = index.points.map(({ source, backupId, recoveredTo, manifestSha256, bytes }) => ({
        ...{ source, backupId, recoveredTo, manifestSha256, bytes },
        ...{ proof: "expired" as const, was: "committed" as const, expiredAt: daysAgo(100), because: "a lie" },
      }));
    });
    const shown = (await list(lied)).verdict;

    const swept = [];
    for (const world of worlds) {
      const first = await expirePoints(world.ports)(execution);
      world.time.at = new Date(now.getTime() + 25 * 3600_000);
      await havePoint(world, new Date(now.getTime() + 24 * 3600_000));
      const later = { execution: { id: "arn:later", startTime: world.time.at.toISOString() } };
      swept.push({ first, last: await prunePoints(world.ports)(later), erased: world.erased.toSorted() });
    }

    expect(shown).toContain("app-db has NO verified point"); // it is believed by who only looks
    expect(swept[1]).toEqual(swept[0]);
    expect(swept[0]?.first.expired).toBe(10);
    expect(swept[0]?.last.pruned).toBe(10);
  });

  it("T2 deletes nothing of a point that somebody keeps again between the judgement and the deletion", async () => {
    const world = retentionWorld();
    const [oldest] = await haveNights(world);
    await expirePoints(world.ports)(execution);
    world.time.at = new Date(now.getTime() + 25 * 3600_000);
    await havePoint(world, new Date(world.time.at.getTime() - 3600_000));
    const { repository, layout } = world.ports;
    const { list: listKeys } = repository;
    const word = {
      schema: 1 as const,
      step: "kept" as const,
      source: "app-db",
      because: "looked at",
      at: now.toISOString(),
    };
    repository.list = async function* (prefix) {
      if (prefix === layout.holds && oldest) {
        repository.list = listKeys; // once: the holds are read when every point is judged
        await writeExpiry(world.ports, { ...word, backupId: oldest, sweep: SweepId.parse("2026-11-23-040000-kept") });
      }
      yield* listKeys(prefix);
    };

    const pruned = await prunePoints(world.ports)({
      execution: { id: "arn:later", startTime: world.time.at.toISOString() },
    });

    expect(pruned.deferred).toEqual([`${oldest} app-db: it was expired when the sweep judged it, and is verified now`]);
    expect(world.erased.some((key) => oldest !== undefined && key.includes(oldest))).toBe(false);
  });
});
