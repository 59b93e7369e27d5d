import { posix } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EXPIRY_STEPS, newSweepId } from "#domain/expiry.ts";
import { newHoldId } from "#domain/hold.ts";
import { BackupId, Name, RestoreId } from "#domain/ids.ts";
import { placeOf, prunedPointOf } from "#domain/repository-key.ts";
import { keyIdOf, repositoryLayout, restoreOfProgressKey } from "#domain/repository-layout.ts";

const layout = repositoryLayout("prod");
const id = BackupId.parse("2026-02-23-020000-nightly");
const restore = RestoreId.parse("2026-02-23-134207-k3x9");
const safety = BackupId.parse(`2026-02-23-134210-safety-${restore}`);
const hash = "a".repeat(64);
const sweep = newSweepId("k3x9", new Date("2026-03-01T04:00:00Z"));
const hold = newHoldId("k3x9", new Date("2026-03-01T04:00:00Z"));
const begunAt = new Date("2026-02-23T04:00:00.123Z");
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
    ["run", layout.lease("staging-db", 12)],
    ["run", layout.taskInput(restore, "inspect-app-db")],
    ["run", layout.outcome(id, "app-db", 0)],
    ["run", layout.announced("by-hand-0123", "PointVerified-app-db-by-slack")],
    ["run", layout.progress(restore, "app-db", 0, 7)],
    ["run", layout.swapOrCancel(restore)],
    ["run", layout.announced(restore, "progress-load-4")],
    ["run", layout.index(begunAt)],
    ["run", layout.proofSignature(layout.index(begunAt), hash)],
    ["run", layout.change(id, begunAt)],
    ["run", layout.reading(id, begunAt)],
    ["run", layout.selfCheck("2026-02-23-030000-k3x9", "created")],
    ["evidence", layout.evidence(restore)],
    ["evidence", layout.cancelled(restore)],
    ["evidence", layout.rollback(restore)],
    ["evidence", layout.approvalRequested(restore)],
    ["evidence", layout.approvalDecided(restore)],
    ["evidence", layout.proofSignature(layout.approvalDecided(restore), hash)],
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

  it("N2 is that of its name or id, whatever is tried: none that is accepted leads out of its folder", () => {
    const odd = fc.string({
      unit: fc.constantFrom(..."a0-./\\%~ \n\0é", "..", "%2e", "2026-02-23-020000-"),
      maxLength: 12,
    });
    const into = (text: string) => [
      ...(Name.safeParse(text).success
        ? [layout.lease(text, 1), layout.taskInput(id, text), layout.proofs(id, text)]
        : []),
      ...(BackupId.safeParse(text).success ? [layout.manifest(BackupId.parse(text))] : []),
      ...(RestoreId.safeParse(text).success ? [layout.evidence(RestoreId.parse(text))] : []),
    ];

    expect(into("a0")).toHaveLength(3);
    fc.assert(
      fc.property(odd, (text) =>
        into(text).every((key) => posix.normalize(key) === key && /^[\w./-]+$/.test(key) && key.startsWith("prod/")),
      ),
      { numRuns: 20_000 },
    );
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

it("R12 gives each of a million tries a data key of its own, however alike the names are", () => {
  const names = Array.from({ length: 10 }, (_, index) =>
    Array(index + 1)
      .fill("aa")
      .join("-"),
  ); // aa, aa-aa, aa-aa-aa …
  const keys = new Set<string>();

  for (const name of names) {
    const backupId = BackupId.parse(`2026-02-23-020000-${name}`);
    for (const source of names)
      for (let attempt = 0; attempt < 10_000; attempt++)
        keys.add(layout.wrappedKey(keyIdOf(backupId, source, attempt), 1));
  }

  expect(keys.size).toBe(1_000_000);
});

describe("whose progress a key holds", () => {
  it("is read from the key that the layout builds", () => {
    const key = layout.progress(restore, "app-db", 0, 7);

    expect(restoreOfProgressKey("prod", key)).toEqual({ restoreId: restore, task: "app-db" });
  });

  it.each([
    layout.progress(restore, "app-db", 0, 7).replace("prod/", "staging/"),
    layout.progress("by-hand-0123", "app-db", 0, 7),
    layout.outcome(restore, "app-db", 0),
    `prod/runs/${restore}/more/app-db.0.0007.progress.json`,
  ])("is nobody's for %s", (key) => {
    expect(restoreOfProgressKey("prod", key)).toBeUndefined();
  });
});
