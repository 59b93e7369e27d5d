import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { type BackupId, manualBackupId, scheduledBackupId } from "#domain/ids.ts";
import { expectedRuns, instantsOf } from "#domain/ledger.ts";
import { assessObjectives } from "#domain/objectives.ts";
import type { Plan } from "#domain/plan.ts";
import type { RecoveryPoint } from "#domain/recovery-point.ts";
import { artifactOf } from "../support/memory-world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const t0 = new Date("2026-11-20T02:00:00Z");
const hours = (count: number) => new Date(t0.getTime() + count * HOUR);

const component = {
  engine: "postgresql",
  file: "a",
  size: 1,
  recoveredTo: t0.toISOString(),
  startedAt: t0.toISOString(),
  finishedAt: t0.toISOString(),
  attempt: 0,
  keyId: "k",
  artifacts: [artifactOf("2026-11-20-020000-nightly" as BackupId, "db", "x")],
  toolVersions: {},
  limits: [],
};
const point = (backupId: BackupId, recoveredTo: Date, verifiedAt?: Date): RecoveryPoint => ({
  ...{ source: "db", backupId, recoveredTo, manifestSha256: "0", component },
  ...(verifiedAt ? { proof: "verified", verifiedAt, facts: {} } : { proof: "committed" }),
});
/** Of the nightly run at that instant, which takes ten minutes until it is verified. */
const night = (at: Date) =>
  point(scheduledBackupId("nightly", at), new Date(at.getTime() + 5_000), new Date(at.getTime() + 10 * MINUTE));

const planOf = (schedule: string, rpo: string, more: object = {}, backup: object = {}) =>
  ({
    sources: { db: {} },
    backups: { nightly: { schedule, sources: ["db"], ...backup } },
    objectives: { db: { rpo, rto: "1h", ...more } },
  }) as unknown as Plan;
const nightly = planOf("0 2 * * *", "24h");
const everySixHours = planOf("0 2,8,14,20 * * *", "24h");

function assess(plan: Plan, points: RecoveryPoint[], now: Date, begun: BackupId[] = []) {
  const [one] = assessObjectives(plan, { points, begun: new Set(begun), now });
  if (!one) throw new Error("no source was assessed");
  return one;
}

describe("objectives", () => {
  it("C4 GL-13 are broken when the RPO is over, not a day later: to the millisecond", () => {
    const points = [night(t0)];
    const breaks = new Date(t0.getTime() + 24 * HOUR + 5_000);

    expect(assess(nightly, points, new Date(breaks.getTime() - 1)).verdict).not.toBe("broken");
    expect(assess(nightly, points, breaks)).toMatchObject({ verdict: "broken", newest: { breaksAt: breaks } });
  });

  it("GL-13 are at risk at 20 of 24 hours when a run was missed, and at the part of the RPO that the plan says", () => {
    const risk = new Date(t0.getTime() + 20 * HOUR + 5_000);

    expect(assess(everySixHours, [night(t0)], new Date(risk.getTime() - 1)).verdict).toBe("met");
    expect(assess(everySixHours, [night(t0)], risk).verdict).toBe("at risk");
    const half = planOf("0 2,8,14,20 * * *", "24h", { warnAt: 0.5 });
    expect(assess(half, [night(t0)], hours(12.1)).verdict).toBe("at risk");
  });

  it("GL-13 are at risk when no run is due before they break, and not while the next run comes in time", () => {
    const byHand = point(manualBackupId("k3x9", hours(-1)), hours(-1), hours(-1));

    expect(assess(nightly, [byHand], hours(20)).verdict).toBe("at risk"); // breaks at 01:00, the run is due at 02:00
    expect(assess(nightly, [night(t0)], hours(23.9)).verdict).toBe("met");
  });

  it("are met while a run that was due in time has its time, and broken when that is over", () => {
    const run = scheduledBackupId("nightly", hours(24));

    expect(assess(nightly, [night(t0)], hours(24.5), [run])).toMatchObject({ verdict: "met", underWay: run });
    expect(assess(nightly, [night(t0)], hours(25), [run])).toMatchObject({ verdict: "broken", underWay: undefined });
    expect(assess(nightly, [night(t0)], hours(24.5))).toMatchObject({ verdict: "broken" });
    const committed = point(run, hours(24));
    expect(assess(nightly, [night(t0), committed], hours(24.5))).toMatchObject({ verdict: "met", underWay: run });
    const slow = planOf("0 2 * * *", "24h", {}, { doneWithin: "3h" });
    expect(assess(slow, [night(t0)], hours(26.9), [run]).verdict).toBe("met");
  });

  it("are not excused by runs that begin again and again, and give nothing", () => {
    const hourly = planOf("0 * * * *", "1h");
    const begun = Array.from({ length: 5 }, (_, hour) => scheduledBackupId("nightly", hours(hour + 1)));

    expect(assess(hourly, [night(t0)], hours(1.5), begun).verdict).toBe("met");
    expect(assess(hourly, [night(t0)], hours(2), begun).verdict).toBe("broken");
    expect(assess(hourly, [night(t0)], hours(4.5), begun).verdict).toBe("broken");
  });

  it("are broken without any verified point, whatever runs, and a safety point or one that is committed is none", () => {
    const run = scheduledBackupId("nightly", t0);
    const safety = { ...night(t0), backupId: "2026-11-20-020000-safety-2026-11-20-020000-k3x9" as BackupId };

    const one = assess(nightly, [point(run, t0), safety], hours(0.1), [run]);

    expect(one).toMatchObject({ verdict: "broken", newest: undefined, achievedMs: undefined });
  });

  it("O1 are not made younger by a source's clock that is ahead, and refuse to be told by a clock that is behind", () => {
    const ahead = point(scheduledBackupId("nightly", t0), hours(24), hours(0.2));

    expect(assess(nightly, [ahead], hours(24.3))).toMatchObject({ verdict: "broken", newest: { ageMs: 24.1 * HOUR } });
    expect(() => assess(nightly, [night(t0)], hours(-24))).toThrow(/no age can be told/);
    expect(assess(nightly, [night(t0)], hours(0.1)).newest?.ageMs).toBeGreaterThanOrEqual(0);
  });

  it("achieve the worst that could have been lost in any minute of the time that is looked at", () => {
    const minutes = fc.array(fc.record({ at: fc.nat(3_000), takes: fc.integer({ min: 1, max: 600 }) }), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(minutes, fc.nat(500), (runs, more) => {
        const made = runs.map(({ at, takes }, index) => ({ of: at, known: at + takes, index }));
        const end = Math.max(...made.map(({ known }) => known)) + more;
        const minute = (count: number) => new Date(t0.getTime() + count * MINUTE);
        const points = made.map(({ of, known, index }) =>
          point(manualBackupId(String(index).padStart(4, "0"), minute(of)), minute(of), minute(known)),
        );
        const ageAt = (now: number, of: number[]) => (of.length > 0 ? now - Math.max(...of) : 0);
        const ofThose = (isKnown: (at: number) => boolean) =>
          made.filter(({ known }) => isKnown(known)).map(({ of }) => of);
        let worst = ageAt(
          end,
          ofThose((known) => known <= end),
        );
        for (let now = 0; now <= end; now++)
          worst = Math.max(
            worst,
            ageAt(
              now,
              ofThose((known) => known < now),
            ),
          );

        expect(assess(nightly, points, minute(end)).achievedMs).toBe(worst * MINUTE);
      }),
    );
  });
});

describe("the ledger of runs", () => {
  const zone = process.env["TZ"];
  afterEach(() => {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  });

  it.each(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])(
    "O2 expects a run at 02:30 UTC on every day of a year, none twice, where clocks are changed as in %s",
    (changed) => {
      process.env["TZ"] = changed;

      const days = instantsOf("30 2 * * *", new Date("2027-01-01T00:00:00Z"), new Date("2028-01-01T00:00:00Z"));

      expect(new Set(days.map((at) => at.toISOString().slice(0, 10))).size).toBe(365);
      expect(days.every((at) => at.toISOString().endsWith("T02:30:00.000Z"))).toBe(true);
      expect(days).toHaveLength(365);
    },
  );

  it("O1 O2 expects the same runs however the time is cut, each with an id of its own", () => {
    const crons = fc.constantFrom(
      "0 2 * * *",
      "*/15 * * * *",
      "30 3 * * 0",
      "0 1 1 * *",
      "59 23 28-31 * *",
      "0 0 29 2 *",
    );
    const instant = fc
      .integer({ min: 0, max: 40 * 24 * 60 })
      .map((minutes) => new Date(Date.UTC(2028, 1, 1, 0, minutes)));
    fc.assert(
      fc.property(crons, fc.tuple(instant, instant, instant), (schedule, instants) => {
        const [from, cut, to] = instants.toSorted((a, b) => a.getTime() - b.getTime()) as [Date, Date, Date];
        const plan = { backups: { b1: { schedule, sources: ["db"] } } };
        const whole = expectedRuns(plan, from, to);

        expect([...expectedRuns(plan, from, cut), ...expectedRuns(plan, cut, to)]).toEqual(whole);
        expect(new Set(whole.map(({ backupId }) => backupId)).size).toBe(whole.length);
      }),
      { numRuns: 30 },
    );
  });
});
