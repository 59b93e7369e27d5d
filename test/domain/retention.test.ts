import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Hold, isHeld } from "#domain/hold.ts";
import { BackupId, RestoreId, safetyBackupId, scheduledBackupId } from "#domain/ids.ts";
import { clockProblem, mayPrune, planRetention, type Rules, type Standing } from "#domain/retention.ts";
import { RetentionPolicy } from "#domain/retention-policy.ts";
import { rulesOf } from "#domain/retention-rules.ts";
import { aPlan } from "../support/memory-world.ts";
import { unwanted } from "./retention-oracle.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const now = new Date("2026-11-21T04:00:00Z");
const ago = (days: number) => new Date(now.getTime() - days * DAY);

function point(at: Date, change: Partial<Standing> = {}): Standing {
  const backupId = scheduledBackupId("nightly", at);
  return { source: "app-db", backupId, recoveredTo: at, proof: "verified", bytes: 1_000, ...change };
}
const nightly = (days: number, change: Partial<Standing> = {}) =>
  Array.from({ length: days }, (_, index) => point(ago(index + 0.1), change));
const rules = (policy: object, more: Partial<Rules> = {}): Rules => ({
  policy: RetentionPolicy.parse(policy),
  rpoMs: DAY,
  most: 10,
  holds: [],
  inUse: new Set(),
  ...more,
});
const aHold = (scope: Hold["scope"], until: string | null = null): Hold =>
  Hold.parse({
    ...{ schema: 1, holdId: "2026-11-20-100000-k3x9", scope, until, why: "an incident" },
    ...{ who: { claimed: "me", call: "1" }, heldAt: "2026-11-20T10:00:00Z" },
  });
const ids = (judged: { point: Standing }[]) => judged.map(({ point: { backupId } }) => backupId).toSorted();
const idsOf = (points: readonly Standing[]) => points.map(({ backupId }) => backupId).toSorted();

/** Up to three years of points, some of them of the same instant, in any order, with any proof. */
const anyPoints = fc
  .array(
    fc.record({
      hours: fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 26_000 })),
      proof: fc.constantFrom("verified", "verified", "verified", "committed", "quarantined"),
      isSafety: fc.boolean(),
      hasExpired: fc.boolean(),
    }),
    { maxLength: 60 },
  )
  .map((drawn) =>
    drawn.map(({ hours, proof, isSafety, hasExpired }, index): Standing => {
      const at = new Date(now.getTime() - hours * HOUR);
      const kind =
        isSafety && index % 3 === 0 ? `safety-2026-01-01-000000-${String(index).padStart(4, "0")}` : `n${index}`;
      const backupId = BackupId.parse(`${scheduledBackupId("x", at).slice(0, 18)}${kind}`);
      return {
        ...{ source: "app-db", backupId, recoveredTo: at, proof, bytes: 1_000 },
        ...(hasExpired ? { expiredAt: ago(1) } : {}),
      };
    }),
  );
const some = (max: number) => fc.option(fc.integer({ min: 1, max }), { nil: undefined });
const anyPolicy = fc
  .record({
    days: fc.integer({ min: 1, max: 400 }),
    count: fc.integer({ min: 2, max: 5 }),
    hourly: some(30),
    daily: some(20),
    weekly: some(10),
    monthly: some(14),
    yearly: some(3),
  })
  .map((drawn) => RetentionPolicy.parse(drawn));
const anyHold = fc
  .record({
    source: fc.constantFrom(undefined, "app-db", "sessions"),
    from: fc.constantFrom(undefined, ago(100).toISOString()),
    to: fc.constantFrom(undefined, ago(60).toISOString()),
    until: fc.constantFrom(null, ago(1).toISOString(), ago(-1).toISOString()),
  })
  .map(({ until, ...scope }) =>
    aHold(Object.fromEntries(Object.entries(scope).filter(([, value]) => value !== undefined)), until),
  );
const anyRules = fc.record({ policy: anyPolicy, holds: fc.array(anyHold, { maxLength: 2 }) });

describe("what retention lets go of", () => {
  it("T5 is exactly what a brute-force oracle finds that no rule keeps, the oldest first up to the cap, or nothing while frozen", () => {
    let expired = 0;
    let frozen = 0;
    fc.assert(
      fc.property(anyPoints, anyRules, (points, drawn) => {
        const its: Rules = {
          ...drawn,
          rpoMs: 10 * DAY,
          most: 5,
          inUse: new Set(points.slice(0, 1).map((one) => one.backupId)),
        };
        const plan = planRetention(points, its, now);

        expect([...ids(plan.keep), ...ids(plan.expire)].toSorted()).toEqual(idsOf(points));
        if (plan.frozen !== undefined) {
          frozen++;
          expect(plan.expire).toEqual([]);
          return;
        }
        const candidates = unwanted(points, its, now).toSorted(
          (a, b) => +a.recoveredTo - +b.recoveredTo || (a.backupId < b.backupId ? -1 : 1),
        );
        const fresh = candidates.filter(({ expiredAt }) => !expiredAt).slice(0, its.most);
        const wanted = idsOf([...fresh, ...candidates.filter(({ expiredAt }) => expiredAt)]);
        expect(ids(plan.expire)).toEqual(wanted);
        expired += wanted.length;
      }),
      { numRuns: 2_000, seed: 5 },
    );
    expect(expired).toBeGreaterThan(500);
    expect(frozen).toBeGreaterThan(50);
  });

  it("C5 T4 never leaves a source with fewer than its newest verified points, whatever their age and whatever else is there", () => {
    fc.assert(
      fc.property(anyPoints, anyRules, (points, drawn) => {
        const verified = points.filter(({ proof, backupId }) => proof === "verified" && !backupId.includes("-safety-"));
        const plan = planRetention(points, { ...drawn, rpoMs: 10_000 * DAY, most: 100, inUse: new Set() }, now);
        const kept = new Set(ids(plan.keep));
        const left = verified.filter(({ backupId }) => kept.has(backupId));

        expect(left.length).toBeGreaterThanOrEqual(Math.min(verified.length, drawn.policy.count));
      }),
      { numRuns: 1_000 },
    );
  });

  it("T8 stays the same for every point that its age or its period keeps, however many good points somebody adds today", () => {
    const its = rules({ days: 7, daily: 14, weekly: 8, monthly: 12 });
    const points = nightly(400);
    const flood = Array.from({ length: 1_000 }, (_, index) =>
      point(new Date(now.getTime() - index * 1_000), { backupId: BackupId.parse(`2026-11-21-030000-f${index}`) }),
    );
    const kept = planRetention(points, its, now).keep.filter(({ reason }) => /younger|first of/.test(reason));
    const lostBy = (more: Standing[]) => {
      const expired = new Set(ids(planRetention([...points, ...more], its, now).expire));
      return ids(kept).filter((id) => expired.has(id));
    };

    const lost = lostBy(flood);

    expect(kept.length).toBeGreaterThan(25);
    expect(lost).toEqual(lostBy(flood.slice(-1)));
  });

  it("T8 is nothing while a suspicious point waits for a person, however old it is, and whatever came after it", () => {
    const suspicious = point(ago(20.05), { proof: "suspicious" });
    const its = rules({ days: 30 });

    const plan = planRetention([...nightly(60), suspicious], its, now);

    expect(plan.frozen).toBe(`${suspicious.backupId} is suspicious, and nobody has released or quarantined it yet`);
    expect(plan.expire).toEqual([]);
    for (const proof of ["verified", "quarantined"] as const)
      expect(planRetention([...nightly(60), { ...suspicious, proof }], its, now).expire.length).toBe(10);
  });

  it("T4 is nothing while a source fails: after 30 days of failures every point is still there", () => {
    const good = nightly(90).filter(({ recoveredTo }) => recoveredTo < ago(30));

    const plan = planRetention(good, rules({ days: 7 }), now);

    expect(plan.frozen).toMatch(/^its newest verified point is \d+h old, more than twice the RPO of 24h$/);
    expect(plan.expire).toEqual([]);
  });

  it("is nothing while the newest judged point of the source is quarantined, or none is verified", () => {
    const quarantined = point(ago(0.05), { proof: "quarantined" });

    expect(planRetention([...nightly(60), quarantined], rules({ days: 7 }), now).frozen).toContain("is quarantined");
    expect(planRetention(nightly(60, { proof: "committed" }), rules({ days: 7 }), now).frozen).toBe(
      "it has no verified point",
    );
  });

  it("AS-13 IS-2 GL-8 keeps 30 days of nightly points and says of each why, with hours to years beside them", () => {
    const plan = planRetention(nightly(40), rules({ days: 30, weekly: 6 }), now);

    expect(plan.keep.map(({ reason }) => reason)).toEqual([
      "first of week of 2026-10-12",
      "first of week of 2026-10-19",
      ...Array.from({ length: 30 }, () => expect.stringMatching(/^younger than 30 days/)),
    ]);
    expect(plan.expire).toHaveLength(8);
    expect(plan.expire[0]?.reason).toBe("older than 30 days, and no rule keeps it");
  });

  it("lets safety, quarantined and older unverified points go by their age alone", () => {
    const safety = safetyBackupId(RestoreId.parse("2026-10-01-100000-k3x9"), ago(50));
    const odd = [
      point(ago(50), { backupId: safety }),
      point(ago(51), { proof: "quarantined" }),
      point(ago(52), { proof: "committed" }),
    ];

    const plan = planRetention([...odd, ...nightly(5)], rules({ days: 30, daily: 100, yearly: 5 }), now);

    expect(ids(plan.expire)).toEqual(idsOf(odd));
  });

  it("T2 is no point that a restore or a verification reads", () => {
    const old = point(ago(50));

    const plan = planRetention([old, ...nightly(5)], rules({ days: 30 }, { inUse: new Set([old.backupId]) }), now);

    expect(plan.expire).toEqual([]);
  });

  it("is decided again for points that have expired: what is wanted again is kept", () => {
    const old = point(ago(50), { expiredAt: ago(2) });

    expect(ids(planRetention([old, ...nightly(5)], rules({ days: 30 }), now).expire)).toEqual([old.backupId]);
    expect(planRetention([old, ...nightly(5)], rules({ days: 60 }), now).expire).toEqual([]);
    expect(planRetention([old, ...nightly(5)], rules({ days: 30 }, { holds: [aHold({})] }), now).expire).toEqual([]);
  });

  it("T1 T2 is deleted 24 hours after it has expired at the earliest", () => {
    expect(mayPrune(point(ago(50)), now)).toBe(false);
    expect(mayPrune(point(ago(50), { expiredAt: new Date(ago(1).getTime() + 1) }), now)).toBe(false);
    expect(mayPrune(point(ago(50), { expiredAt: ago(1) }), now)).toBe(true);
  });
});

describe("a long history", () => {
  it("of 10,000 points is planned within two seconds", () => {
    const points = Array.from({ length: 10_000 }, (_, index) => point(new Date(now.getTime() - (index + 1) * HOUR)));
    const policy = { days: 30, hourly: 1_000, daily: 100, weekly: 50, monthly: 24, yearly: 7 };
    const begun = performance.now();

    const { keep, expire } = planRetention(points, rules(policy, { holds: [aHold({ source: "sessions" })] }), now);

    expect(performance.now() - begun).toBeLessThan(2_000);
    expect(keep.length + expire.length).toBe(10_000);
  });
});

describe("the bytes of a point", () => {
  it("T1 T2 are never deleted while a restore that chose it reads it, nor while its run goes on: 1,000 interleavings", () => {
    const LONGEST_RESTORE_HOURS = 12; // TimeoutSeconds of the machine
    let deletions = 0;
    const step = fc.record({
      what: fc.constantFrom("backup", "restore", "sweep", "sweep"),
      hours: fc.integer({ min: 0, max: 20 }),
      which: fc.nat(),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 20, maxLength: 60 }), (steps) => {
        let points = nightly(12).map(
          (one): Standing => ({ ...one, recoveredTo: new Date(+one.recoveredTo - 2 * DAY) }),
        );
        let at = now.getTime();
        let made = 0; // two of one instant are two
        let reading: { backupId: string; until: number }[] = [];
        for (const { what, hours, which } of steps) {
          at += hours * HOUR;
          const time = new Date(at);
          reading = reading.filter(({ until }) => until > at);
          if (what === "backup") points.push(point(time, { backupId: BackupId.parse(`2026-11-21-040000-n${made++}`) }));
          const offered = points.filter(({ expiredAt }) => expiredAt === undefined);
          const chosen = offered[which % offered.length];
          if (what === "restore" && chosen)
            reading.push({ backupId: chosen.backupId, until: at + LONGEST_RESTORE_HOURS * HOUR });
          if (what !== "sweep") continue;
          // the worst case: the sweep does not see who reads
          const { expire, keep } = planRetention(points, rules({ days: 1 }, { rpoMs: 100 * DAY }), time);
          const pruned = expire.filter((one) => mayPrune(one.point, time)).map((one) => one.point);
          deletions += pruned.length;
          for (const one of pruned) {
            expect(reading.map(({ backupId }) => backupId)).not.toContain(one.backupId);
            expect(at - one.recoveredTo.getTime()).toBeGreaterThan(DAY);
          }
          points = [
            ...keep.map(({ point: { expiredAt: _, ...kept } }) => kept),
            ...expire
              .map((one) => ({ expiredAt: time, ...one.point }))
              .filter((one) => !pruned.some((gone) => gone.backupId === one.backupId)),
          ];
        }
      }),
      { numRuns: 1_000 },
    );
    expect(deletions).toBeGreaterThan(1_000);
  });
});

describe("the plan's rules for a name", () => {
  const schedule = "0 4 * * 0";
  const plan = {
    ...aPlan,
    backups: { ...aPlan.backups, hourly: { schedule: "0 * * * *", sources: ["sessions"] } },
    retention: { schedule, default: { days: 30, count: 2 }, sources: { sessions: { days: 7, count: 3 } } },
  };

  it("GL-8 are its own policy or the default, its RPO, and a cap of twice what its backups bring between two sweeps", () => {
    expect(rulesOf(plan, "app-db")).toEqual({ policy: { days: 30, count: 2 }, rpoMs: DAY, most: 14 });
    expect(rulesOf(plan, "sessions")).toEqual({ policy: { days: 7, count: 3 }, rpoMs: DAY, most: 350 });
  });

  it("are the default for a target that has safety points of its own, and none for a name that the plan does not know", () => {
    expect(rulesOf(plan, "staging-db")).toEqual({ policy: { days: 30, count: 2 }, rpoMs: undefined, most: 10 });
    expect(rulesOf(plan, "old-db")).toBeUndefined();
    expect(rulesOf(aPlan, "app-db")).toBeUndefined();
  });
});

describe("a hold", () => {
  const one = point(ago(40));

  it.each<[string, Hold["scope"], boolean]>([
    ["everything", {}, true],
    ["its source", { source: "app-db" }, true],
    ["another source", { source: "sessions" }, false],
    ["its backup", { backupId: one.backupId }, true],
    ["a range of time around it", { from: ago(41).toISOString(), to: ago(39).toISOString() }, true],
    ["a range of time that ends before it", { to: ago(41).toISOString() }, false],
    ["a range of time that begins after it", { from: ago(39).toISOString() }, false],
    ["its source at another time", { source: "app-db", from: ago(39).toISOString() }, false],
  ])("on %s covers a point: %s %s", (_, scope, isCovered) => {
    expect(isHeld(aHold(scope), one, now)).toBe(isCovered);
  });

  it("ends at its `until`, and not before", () => {
    expect(isHeld(aHold({}, ago(-1).toISOString()), one, now)).toBe(true);
    expect(isHeld(aHold({}, now.toISOString()), one, now)).toBe(false);
  });
});

describe("a clock", () => {
  it("T5 is refused when it is behind the repository, or further ahead of it than twice the longest RPO", () => {
    const instants = [ago(3), ago(0.5)];

    expect(clockProblem(instants, DAY, now)).toBeUndefined();
    expect(clockProblem([], DAY, now)).toBeUndefined();
    expect(clockProblem(instants, DAY, ago(0.6))).toContain("The clock says 2026-11-20T13:36");
    expect(clockProblem(instants, DAY, ago(-3652))).toContain("more than twice the longest RPO, 24h, ago");
  });
});
