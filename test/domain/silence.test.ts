import { describe, expect, it } from "vitest";
import { type BucketSettings, driftOf } from "#domain/bucket-settings.ts";
import { type BackupId, scheduledBackupId } from "#domain/ids.ts";
import { expectedRuns } from "#domain/ledger.ts";
import type { Plan } from "#domain/plan.ts";
import type { RecoveryPoint } from "#domain/recovery-point.ts";
import { driftOfSchedule, overdue, readLedger } from "#domain/silence.ts";
import { templateBucket } from "../support/template-bucket.ts";

const day = (date: number, time = "02:00:00") => new Date(`2026-11-${date}T${time}Z`);
const idOf = (date: number) => scheduledBackupId("nightly", day(date));
const plan: Pick<Plan, "backups"> = {
  backups: { nightly: { schedule: "0 2 * * *", sources: ["app-db", "sessions"] } },
};
const pointOf = (backupId: BackupId, source: string, proof: RecoveryPoint["proof"] = "verified") =>
  ({ backupId, source, proof }) as RecoveryPoint;

function look(now: Date, points: RecoveryPoint[], begun: BackupId[] = []) {
  const ledger = readLedger(expectedRuns(plan, day(18), now), { points, begun: new Set(begun), now });
  return {
    states: ledger.map(({ state }) => state),
    late: overdue(ledger).map(({ source, what }) => `${source}: ${what}`),
  };
}
const both = (date: number, proof?: RecoveryPoint["proof"]) =>
  ["app-db", "sessions"].map((source) => pointOf(idOf(date), source, proof));

describe("the ledger", () => {
  it("SK-6 A4 says of a run that does not come that it has not begun, a quarter of an hour after it was due", () => {
    const points = both(19);

    expect(look(day(20, "02:14:59"), points)).toEqual({ states: ["done", "done", "due", "due"], late: [] });
    expect(look(day(20, "02:15:00"), points).late).toEqual([
      "app-db: 2026-11-20-020000-nightly has not begun: it was due at 2026-11-20T02:00:00.000Z",
      "sessions: 2026-11-20-020000-nightly has not begun: it was due at 2026-11-20T02:00:00.000Z",
    ]);
  });

  it("says of a run that is stuck, or whose verification is lost, when it should have been done", () => {
    expect(look(day(20, "02:59:59"), both(19), [idOf(20)]).late).toEqual([]);
    expect(look(day(20, "03:00:00"), both(19), [idOf(20)]).late[0]).toContain("has begun, and nothing is committed");
    const committed = [...both(19), ...both(20, "committed")];
    expect(look(day(20, "02:59:59"), committed).late).toEqual([]);
    expect(look(day(20, "03:00:00"), committed).late[0]).toContain("is committed, and not verified");
  });

  it("is silent about what was told: a source that failed in a backup that exists, a point that is quarantined", () => {
    const points = [pointOf(idOf(19), "sessions", "quarantined")];

    expect(look(day(19, "12:00:00"), points)).toEqual({ states: ["failed", "done"], late: [] });
  });

  it("forgets a run that is missing when the next one goes well", () => {
    expect(look(day(20, "12:00:00"), both(20)).late).toEqual([]);
  });

  it("says that runs of one source go on beside each other", () => {
    const often: Pick<Plan, "backups"> = {
      backups: {
        a1: { schedule: "0 2 * * *", sources: ["app-db"] },
        b1: { schedule: "10 2 * * *", sources: ["app-db"] },
      },
    };
    const now = day(20, "02:20:00");
    const begun = new Set([scheduledBackupId("a1", day(20)), scheduledBackupId("b1", day(20, "02:10:00"))]);

    const late = overdue(readLedger(expectedRuns(often, day(20, "00:00:00"), now), { points: [], begun, now }));

    expect(late.map(({ what }) => what)).toEqual(["runs of it overlap: 2026-11-20-020000-a1, 2026-11-20-021000-b1"]);
  });
});

describe("drift", () => {
  const schedule = { state: "ENABLED", expression: "cron(0 2 * * ? *)", timezone: "UTC", changedAt: day(18) };

  it("A4 is a schedule that is gone, disabled, or says something else than the plan", () => {
    const drift = (change: object) => driftOfSchedule("nightly", schedule.expression, { ...schedule, ...change });

    expect(driftOfSchedule("nightly", schedule.expression, undefined)).toEqual(["the schedule nightly is gone"]);
    expect(drift({ state: "DISABLED" })).toEqual(["the schedule nightly is DISABLED"]);
    expect(drift({ timezone: "Europe/Berlin" })).toHaveLength(1);
    expect(drift({ expression: "cron(0 3 * * ? *)" })).toHaveLength(1);
    expect(drift({})).toEqual([]);
  });

  it("U12 is none in the bucket that the template makes", () => {
    expect(driftOf(templateBucket(), undefined)).toEqual([]);
  });

  it.each<[string, Partial<BucketSettings>, string | undefined]>([
    ["versioning", { versioning: "Suspended" }, undefined],
    ["versioning", { versioning: undefined }, undefined],
    ["Object Lock", { objectLock: undefined }, undefined],
    ["encryption", { encryption: undefined }, undefined],
    ["encryption", { encryption: { algorithm: "AES256", kmsKey: undefined } }, "arn:aws:kms:key/1"],
    ["encryption", { encryption: { algorithm: "aws:kms", kmsKey: "arn:aws:kms:key/2" } }, "arn:aws:kms:key/1"],
    ["public access", { isPublicAccessBlocked: false }, undefined],
    ["events", { sendsEvents: false }, undefined],
  ])("U12 is a change of %s: %j", (name, change, kmsKey) => {
    const whole = templateBucket();
    const encryption = kmsKey === undefined ? whole.encryption : { algorithm: "aws:kms", kmsKey };

    expect(driftOf({ ...whole, encryption }, kmsKey)).toEqual([]);
    expect(driftOf({ ...whole, encryption, ...change }, kmsKey)).toEqual([expect.stringContaining(name)]);
  });

  it("U12 is every statement of the policy that is lost, weakened or new", () => {
    const whole = templateBucket();
    for (const [index, statement] of whole.statements.entries()) {
      const others = whole.statements.filter((_, at) => at !== index);
      const Condition = statement.Condition === undefined ? { Bool: { "aws:SecureTransport": "false" } } : undefined;
      const changes = [{ Effect: "Allow" }, { Condition }, { Action: "s3:GetObject" }, { Sid: "Other" }];

      expect(driftOf({ ...whole, statements: others }, undefined)).toHaveLength(1);
      for (const change of changes)
        expect(driftOf({ ...whole, statements: [...others, { ...statement, ...change }] }, undefined)[0]).toContain(
          "policy",
        );
    }
    const allowed = { Sid: "Everybody", Effect: "Allow", Action: "s3:GetObject" };
    expect(driftOf({ ...whole, statements: [...whole.statements, allowed] }, undefined)).toEqual([
      expect.stringContaining("Everybody is not the template's"),
    ]);
  });
});
