import { describe, expect, it } from "vitest";
import { BackupId, RestoreId, safetyBackupId } from "#domain/ids.ts";
import { componentOf } from "#domain/manifest.ts";
import { chooseLatest, type RecoveryPoint } from "#domain/recovery-point.ts";
import { artifactOf } from "../support/memory-world.ts";

function point(id: string, proof: "committed" | "verified" | "quarantined"): RecoveryPoint {
  const backupId = BackupId.parse(id);
  const recoveredTo = new Date(`${id.slice(0, 10)}T02:00:00Z`);
  const at = recoveredTo.toISOString();
  const component = componentOf({
    ...{
      succeeded: true,
      task: "app-db",
      attempt: 0,
      engine: "postgresql",
      recoveredTo: at,
      startedAt: at,
      finishedAt: at,
    },
    ...{ keyId: "k", artifacts: [artifactOf(backupId, "app-db", "x")], toolVersions: {}, limits: [] },
  });
  const base = { source: "app-db", backupId, recoveredTo, manifestSha256: "", component };
  if (proof === "verified") return { ...base, proof, verifiedAt: recoveredTo, facts: {} };
  if (proof === "quarantined") return { ...base, proof, reasons: ["wrong bytes"] };
  return { ...base, proof };
}

describe("latest", () => {
  it("C6 is the newest verified point, in whatever order points come", () => {
    const points = [
      point("2026-02-22-020000-nightly", "verified"),
      point("2026-02-23-020000-nightly", "verified"),
      point("2026-02-21-020000-nightly", "verified"),
    ];

    expect(chooseLatest(points).latest?.backupId).toBe("2026-02-23-020000-nightly");
  });

  it("X3 passes over newer points that are committed or quarantined, and names the committed ones", () => {
    const points = [
      point("2026-02-25-020000-nightly", "quarantined"),
      point("2026-02-24-020000-nightly", "committed"),
      point("2026-02-23-020000-nightly", "verified"),
    ];

    const { latest, newerCommitted } = chooseLatest(points);

    expect(latest?.backupId).toBe("2026-02-23-020000-nightly");
    expect(newerCommitted.map(({ backupId }) => backupId)).toEqual(["2026-02-24-020000-nightly"]);
  });

  it("X3 is nothing at all when nothing is verified", () => {
    expect(chooseLatest([point("2026-02-24-020000-nightly", "committed")]).latest).toBeUndefined();
  });

  it("is never a safety point", () => {
    const safety = safetyBackupId(RestoreId.parse("2026-02-24-100000-k3x9"), new Date("2026-02-24T10:00:05Z"));

    expect(chooseLatest([point(safety, "verified")]).latest).toBeUndefined();
  });

  it("AP-10 AP-12 is restricted to what is older than the wanted instant", () => {
    const points = [point("2026-02-22-020000-nightly", "verified"), point("2026-02-23-020000-nightly", "verified")];

    expect(chooseLatest(points, new Date("2026-02-23T02:00:00Z")).latest?.backupId).toBe("2026-02-22-020000-nightly");
  });
});
