import { describe, expect, it } from "vitest";
import { usualPoints } from "#domain/history.ts";
import { type BackupId, RestoreId, safetyBackupId, scheduledBackupId } from "#domain/ids.ts";
import { componentOf } from "#domain/manifest.ts";
import type { RecoveryPoint } from "#domain/recovery-point.ts";
import { artifactOf } from "../support/memory-world.ts";

const at = (day: number, hour: number) => new Date(Date.UTC(2026, 1, day, hour));
const idOf = (day: number, hour: number) => scheduledBackupId("nightly", at(day, hour));
function point(day: number, hour: number, backupId = idOf(day, hour)) {
  const recoveredTo = at(day, hour);
  const times = { recoveredTo: recoveredTo.toISOString(), startedAt: "", finishedAt: "" };
  const its = { succeeded: true as const, task: "app-db", attempt: 0, engine: "postgresql", keyId: "k", limits: [] };
  const artifacts = [artifactOf(backupId, "app-db", "x")];
  const component = componentOf({ ...its, ...times, artifacts, toolVersions: {} });
  return { source: "app-db", backupId, recoveredTo, manifestSha256: "", component };
}
const verified = (day: number, hour: number, backupId?: BackupId): RecoveryPoint => ({
  ...point(day, hour, backupId),
  ...{ proof: "verified", verifiedAt: at(day, hour), facts: {} },
});
const released = (day: number, hour: number, wasSuspicious = true): RecoveryPoint => ({
  ...point(day, hour),
  ...{ proof: "verified", verifiedAt: at(day, hour), facts: {} },
  released: { wasSuspicious, at: at(day, hour), by: "ada", why: "it was cleaned up" },
});
const ids = (points: readonly RecoveryPoint[], when = at(20, 12)) =>
  usualPoints(points, when).map(({ backupId }) => backupId);
const every = (days: number[]) => days.flatMap((day) => [2, 8, 14, 20].map((hour) => verified(day, hour)));

describe("what is usual", () => {
  it("T8 is the first point of each of the 14 days before, in whatever order they come, and none of the day itself", () => {
    const points = every(Array.from({ length: 20 }, (_, index) => index + 1)).toReversed();

    expect(ids(points)).toEqual(Array.from({ length: 14 }, (_, index) => idOf(index + 6, 2)));
  });

  it("is no point that is suspicious, quarantined, not verified, or taken before a restore", () => {
    const safety = safetyBackupId(RestoreId.parse("2026-02-12-010000-k3x9"), at(12, 1));
    const points: RecoveryPoint[] = [
      { ...point(10, 1), proof: "suspicious", verifiedAt: at(10, 1), facts: {}, reasons: ["small"] },
      { ...point(11, 1), proof: "quarantined", reasons: ["wrong"] },
      { ...point(13, 1), proof: "committed" },
      verified(12, 1, safety),
      verified(14, 2),
    ];

    expect(ids(points)).toEqual([idOf(14, 2)]);
  });

  it("begins with the newest point that was suspicious and that a person has released, also on the day itself", () => {
    expect(ids([...every([15, 16, 17, 18, 19]), released(16, 9), released(18, 9)])).toEqual([idOf(18, 9), idOf(19, 2)]);
    expect(ids([...every([18, 19]), released(20, 9)])).toEqual([idOf(20, 9)]);
    expect(ids([...every([18, 19]), released(19, 1, false)]), "a quarantine that was lifted").toEqual([
      idOf(18, 2),
      idOf(19, 1),
    ]);
  });
});
