import { describe, expect, it } from "vitest";
import { EXPIRY_STEPS, newSweepId } from "#domain/expiry.ts";
import { newHoldId } from "#domain/hold.ts";
import { BackupId, RestoreId } from "#domain/ids.ts";
import { placeOf, prunedPointOf } from "#domain/repository-key.ts";
import { repositoryLayout } from "#domain/repository-layout.ts";

const layout = repositoryLayout("prod");
const id = BackupId.parse("2026-02-23-020000-nightly");
const restore = RestoreId.parse("2026-02-23-134207-k3x9");
const safety = BackupId.parse(`2026-02-23-134210-safety-${restore}`);
const hash = "a".repeat(64);
const sweep = newSweepId("k3x9", new Date("2026-03-01T04:00:00Z"));
const hold = newHoldId("k3x9", new Date("2026-03-01T04:00:00Z"));
const proof = layout.proof(id, "app-db", "verified", `verify-${id}`);

describe("where a key of the repository belongs", () => {
  it.each([
    ["manifest", layout.manifest(id)],
    ["manifest signature", layout.manifestSignature(id, hash)],
    ["restore guide", layout.restoreGuide(id)],
    ["artifact", layout.artifact(id, "app-db", 0, 1, "dump")],
    ["artifact", layout.artifact(safety, "app-db-live", 12, 120, "pre-data")],
    ["proof", proof],
    ["proof", layout.proofSignature(proof, hash)],
    ["wrapped key", layout.wrappedKey(`${id}.app-db.0`, 1)],
    ["run", layout.claim(id)],
    ["run", layout.taskInput(restore, "inspect-app-db")],
    ["run", layout.outcome(id, "app-db", 0)],
    ["run", layout.announced("by-hand-0123", "PointVerified-app-db-by-slack")],
    ["evidence", layout.evidence(restore)],
    ["evidence", layout.rollback(restore)],
    ["evidence", layout.proofSignature(layout.evidence(restore), hash)],
    ...EXPIRY_STEPS.map((step): [string, string] => ["expiry", layout.expiry(id, "app-db", sweep, step)]),
    ["expiry", layout.proofSignature(layout.expiry(id, "app-db", sweep, "pruning"), hash)],
    ["hold", layout.hold(hold)],
    ["hold", layout.holdRelease(hold)],
    ["hold", layout.proofSignature(layout.holdRelease(hold), hash)],
    ["audit entry", layout.auditEntry("2026-02-23", 7)],
    ["audit entry", layout.proofSignature(layout.auditEntry("2026-02-23", 7), hash)],
  ])("is read from the key of each %s", (kind, key) => {
    expect(placeOf("prod", key)?.kind, key).toBe(kind);
  });

  it.each([
    "prod/stranger.bin",
    `staging/${id}/manifest.json`,
    `prod/${id}/manifest.json.bak`,
    `prod/${id}/extra/manifest.json`,
    `prod/${id}/app-db-2026-02-24-020000-nightly.0.001.dump.zst.gpg`,
    `prod/${id}/proofs/app-db/verified-x.json/more`,
    `prod/runs/../${id}/manifest.json`,
    "prod/",
  ])("R3 O7: nothing of holdfast's is %s", (key) => {
    expect(placeOf("prod", key)).toBeUndefined();
  });

  it("names the point of an artifact and of a wrapped key, the only things that retention deletes", () => {
    const point = { backupId: safety, source: "app-db-live" };

    expect(prunedPointOf("prod", layout.artifact(safety, "app-db-live", 12, 120, "pre-data"))).toEqual(point);
    expect(prunedPointOf("prod", layout.wrappedKey(`${safety}.app-db-live.3`, 2))).toEqual(point);
    for (const key of [layout.manifest(id), proof, layout.hold(hold), layout.claim(id), "prod/keys/x/1.json"])
      expect(prunedPointOf("prod", key), key).toBeUndefined();
  });
});
