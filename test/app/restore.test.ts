import { describe, expect, it } from "vitest";
import { auditLog } from "#app/audit-log.ts";
import { checkInterlock } from "#app/check-interlock.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { findLatest } from "#app/find-latest.ts";
import { planRestore } from "#app/plan-restore.ts";
import { planVerify } from "#app/plan-verify.ts";
import { readEvidence } from "#app/read-evidence.ts";
import { recordEvidence } from "#app/record-evidence.ts";
import { recordProofs } from "#app/record-proofs.ts";
import { ConfirmationNeeded, InputInvalid, NoSuchPoint, TargetUnfit } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { BackupId } from "#domain/ids.ts";
import type { Inspected } from "#domain/outcome.ts";
import { restoreOptions, swapKeepsOldState } from "#engines/descriptions.ts";
import { RestoreRequested } from "#events/restore-requested.ts";
import { aBackup, aPlan, capture, layout, type MemoryWorld, memoryWorld } from "../support/memory-world.ts";
import { committedPoint, verifiedPoint } from "../support/verified-point.ts";

const execution = { id: "arn:restore", startTime: "2026-02-23T13:42:07Z" };
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const ended = { succeeded: true as const, attempt: 0, finishedAt: "2026-02-23T13:45:00.000Z" };

const committed = (world: MemoryWorld, backupId = aBackup) => committedPoint(world, { backupId });
const verified = (world: MemoryWorld, backupId = aBackup, quarantine: string[] = []) =>
  verifiedPoint(world, { backupId }, quarantine);

const plan = (world: MemoryWorld, request: object) =>
  planRestore({ ...world.ports, plan: aPlan, restoreOptions, audit: auditLog(world.ports) })({
    input: RestoreRequested.parse(request),
    execution,
  });

async function interlock(world: MemoryWorld, request: object, found: Partial<Inspected> = {}) {
  const planned = await plan(world, request);
  const task = "inspect-app-db";
  const inspected = { ...ended, task, fingerprint: "server 1", holds: [], problems: [], ...found };
  world.objects.set(layout.outcome(planned.plan.restoreId, task, 0), encode(inspected));
  const check = checkInterlock({ ...world.ports, plan: aPlan, swapKeepsOldState });
  return check({
    input: RestoreRequested.parse(request),
    plan: planned.plan,
    executionId: execution.id,
    inspected: [{ source: "app-db", task: { exitCodes: [0] } }],
  });
}
const noThaw = { seconds: 0, note: "" };
const appDatabase = { name: "app", mark: "oid 5", what: "database app, 12 MB" };

describe("which point a restore takes", () => {
  it("SK-12 X3 is the newest verified one; a newer committed one is named", async () => {
    const world = memoryWorld();
    await verified(world);
    const newer = BackupId.parse("2026-02-24-020000-nightly");
    await commitBackup(world.ports)({
      backupId: newer,
      sources: ["app-db"],
      captures: [capture(world, "app-db", { recoveredTo: "2026-02-24T02:00:05.000Z" }, newer)],
    });

    const planned = await plan(world, { source: "app-db" });

    expect(planned.plan).toMatchObject({ backupId: aBackup, target: "staging-db", newerCommitted: [newer] });
  });

  it("X3 is none when nothing is verified, and the answer says what there is", async () => {
    const world = memoryWorld();
    await committed(world);

    await expect(plan(world, { source: "app-db" })).rejects.toThrow(
      `app-db has no verified point. There are: ${aBackup} (committed).`,
    );
  });

  it("IS-12 SK-8 is the one that the request names, of the one source that it names, though there is a newer one", async () => {
    const world = memoryWorld();
    await verified(world);
    await verified(world, BackupId.parse("2026-02-24-020000-nightly"));

    const { plan: named } = await plan(world, { source: "app-db", backupId: aBackup });

    expect(named).toMatchObject({ source: "app-db", backupId: aBackup });
  });

  it("R1 is never a quarantined one, even by name", async () => {
    const world = memoryWorld();
    await verified(world, aBackup, ["ChecksumMismatch: part 1"]);

    await expect(plan(world, { source: "app-db", backupId: aBackup })).rejects.toThrow(
      "QUARANTINED: ChecksumMismatch: part 1",
    );
  });

  it("R3 is never found in a manifest that was copied from another backup, and the rest of the catalog stays readable", async () => {
    const world = memoryWorld();
    await verified(world);
    const copy = BackupId.parse("2026-02-25-020000-nightly");
    for (const [key, body] of [...world.objects])
      if (key.startsWith(layout.backup(aBackup)) && !key.includes("/proofs/"))
        world.objects.set(key.replace(aBackup, copy), body);

    const planned = await plan(world, { source: "app-db" });

    expect(planned.plan.backupId).toBe(aBackup);
    await expect(plan(world, { source: "app-db", backupId: copy })).rejects.toThrow(NoSuchPoint);
  });

  it("T4 is found however many newer backups belong to others or failed", async () => {
    const world = memoryWorld();
    await verified(world);
    for (let day = 1; day <= 28; day++) {
      const id = BackupId.parse(`2026-03-${String(day).padStart(2, "0")}-020000-hourly`);
      world.objects.set(`${layout.backup(id)}RESTORE.md`, new Uint8Array());
    }

    expect((await findLatest(world.ports, ["app-db"]))["app-db"]?.latest?.backupId).toBe(aBackup);
  });

  it("R4 is never one with a quarantine, even when the signature of the quarantine is lost", async () => {
    const world = memoryWorld();
    await verified(world);
    world.objects.set(layout.proof(aBackup, "app-db", "quarantined", "lost"), encode({ reasons: ["wrong"] }));

    await expect(plan(world, { source: "app-db", backupId: aBackup })).rejects.toThrow("QUARANTINED");
  });

  it("R4 is never one whose manifest was edited", async () => {
    const world = memoryWorld();
    await verified(world);
    const key = layout.manifest(aBackup);
    world.objects.set(key, encode({ ...JSON.parse(new TextDecoder().decode(world.objects.get(key))), version: "9" }));

    await expect(plan(world, { source: "app-db" })).rejects.toThrow(NoSuchPoint);
  });

  it("R4 is never one whose proof was forged", async () => {
    const world = memoryWorld();
    await committed(world);
    const forged = {
      schema: 1,
      backupId: aBackup,
      source: "app-db",
      manifestSha256: sha256(world.objects.get(layout.manifest(aBackup)) ?? new Uint8Array()),
      verifiedAt: ended.finishedAt,
      bytesRead: 1,
    };
    world.objects.set(layout.proof(aBackup, "app-db", "verified", "forged"), encode(forged));

    await expect(plan(world, { source: "app-db" })).rejects.toThrow(NoSuchPoint);
  });

  it("says everything that is wrong with a request before anything is touched", async () => {
    expect(
      RestoreRequested.safeParse({ source: "app-db", target: "A B", before: "yesterday", confrim: "x" }).error?.issues,
    ).toHaveLength(3);
    await expect(plan(memoryWorld(), { source: "orders" })).rejects.toThrow(InputInvalid);
    await expect(plan(memoryWorld(), { source: "app-db", target: "nowhere" })).rejects.toThrow(
      'there is no target "nowhere"',
    );
  });
});

describe("the interlock", () => {
  it("IS-15 lets a restore into an empty staging target go on without a word and without a safety point", async () => {
    const world = memoryWorld();
    await verified(world);

    expect(await interlock(world, { source: "app-db" })).toMatchObject({
      safety: "none",
      restore: [{ source: "app-db" }],
    });
  });

  it("X1 refuses a target that holds data which holdfast did not put there, and names the data and the way on", async () => {
    const world = memoryWorld();
    await verified(world);

    const refused = interlock(world, { source: "app-db" }, { holds: [appDatabase] });

    await expect(refused).rejects.toThrow(ConfirmationNeeded);
    await expect(refused).rejects.toThrow(
      'holds data that holdfast did not put there (database app, 12 MB); nothing was touched. To replace it, add "confirm": "staging-db"',
    );
  });

  it("AP-12 refuses a live target that is not confirmed by its exact name", async () => {
    const world = memoryWorld();
    await verified(world);

    for (const confirm of [undefined, "yes", "app-db", "APP-DB-LIVE"])
      await expect(interlock(world, { source: "app-db", target: "app-db-live", confirm })).rejects.toThrow(
        "app-db-live is live",
      );
  });

  it("GL-11 takes a safety point of what a confirmed target holds before it is replaced", async () => {
    const world = memoryWorld();
    await verified(world);

    const passed = await interlock(
      world,
      { source: "app-db", target: "app-db-live", confirm: "app-db-live" },
      { holds: [appDatabase] },
    );

    expect(passed).toMatchObject({ safety: "committed", safetyInput: { target: "app-db-live", holds: ["app"] } });
  });

  it('leaves the safety point out only for safety "none" with a reason', async () => {
    const world = memoryWorld();
    await verified(world);
    const request = { source: "app-db", target: "app-db-live", confirm: "app-db-live", safety: "none" };

    expect(RestoreRequested.safeParse(request).success).toBe(false);
    const because = { ...request, because: "its disk is broken" };
    expect(await interlock(world, because, { holds: [appDatabase] })).toMatchObject({ safety: "none" });
  });

  it("IS-18 AP-23 leaves the seconds of each phase, and who asked, in signed evidence", async () => {
    const world = memoryWorld();
    await verified(world);
    const { plan: planned } = await plan(world, { source: "app-db" });
    const phases = { fetch: 1.5, load: 20, compare: 2, swap: 0.5 };
    const restored = { ...ended, task: "app-db", phases, factsCompared: 4, putThere: [], kept: [], notes: [] };
    world.objects.set(layout.outcome(planned.restoreId, "app-db", 0), encode(restored));
    const input = RestoreRequested.parse({ source: "app-db", requestedBy: "ops" });
    const ends = [{ source: "app-db", task: { exitCodes: [0] } }];

    const { evidenceKey } = await recordEvidence(world.ports)({
      input,
      plan: planned,
      executionId: "arn",
      safetyBackupId: undefined,
      thaw: { seconds: 39_600, note: "It was thawed" },
      restored: ends,
    });

    expect(await readEvidence(world.ports, "staging-db")).toMatchObject([
      {
        phases: { ...phases, thaw: 39_600 },
        notes: ["It was thawed"],
        factsCompared: 4,
        requestedBy: { claimed: "ops", execution: "arn" },
      },
    ]);
    expect(evidenceKey).toBe(layout.evidence(planned.restoreId));
    expect(world.happened.at(-1)).toMatchObject({ type: "RestoreFinished", detail: { seconds: 39_624 } });
  });

  describe("with hooks", () => {
    const ran = (hook: string, seconds: number) => ({ hook, seconds });
    const quiesced = { hooks: [ran("before.0", 2), ran("before.1", 1)] };
    const Cause = JSON.stringify({ errorType: "HookFailed", errorMessage: "before.0 sql in app: broken", trace: [] });
    async function recorded(end: object, isRestored = true) {
      const world = memoryWorld();
      await verified(world);
      const { plan: planned } = await plan(world, { source: "app-db" });
      const restored = { phases: { load: 1 }, factsCompared: 4, putThere: [], kept: [], notes: [] };
      if (isRestored)
        world.objects.set(
          layout.outcome(planned.restoreId, "app-db", 0),
          encode({ ...ended, task: "app-db", ...restored }),
        );
      const input = RestoreRequested.parse({ source: "app-db" });
      const task = isRestored ? { task: { exitCodes: [0] } } : {};
      const result = await recordEvidence(world.ports)({
        ...{ input, plan: planned, executionId: "arn", safetyBackupId: undefined, thaw: noThaw },
        restored: [{ source: "app-db", hasHooks: true, ...task, ...end }],
      });
      return { world, result, evidence: await readEvidence(world.ports, "staging-db") };
    }

    it("IS-18 GL-11 leaves what they did, and how long that took, in the evidence", async () => {
      const { world, result, evidence } = await recorded({
        quiesced,
        resumed: { hooks: [ran("after.0", 4)], problem: "" },
      });

      expect(result.outcome).toBe("RESTORED");
      expect(evidence).toMatchObject([
        {
          phases: { quiesce: 3, load: 1, resume: 4 },
          hooks: [ran("before.0", 2), ran("before.1", 1), ran("after.0", 4)],
        },
      ]);
      expect(world.happened.at(-1)).toMatchObject({ type: "RestoreFinished", detail: { seconds: 8 } });
    });

    it("keeps a restore that is done when a hook can't be undone, notes it, and does not call it a success", async () => {
      const { world, result, evidence } = await recorded({
        quiesced,
        resumed: { hooks: [], problem: "after.0: broken" },
      });

      const problem = "app-db: HookFailed: its hooks are not undone: after.0: broken";
      expect(result).toMatchObject({ outcome: "HOOK_FAILED", problem: `The restore is done, and kept.\n${problem}` });
      expect(evidence).toMatchObject([{ notes: [problem] }]);
      expect(world.happened.at(-1)).toMatchObject({ type: "RestoreFinished" });
      expect(world.measured.flatMap(Object.keys)).not.toContain("recovery_test_success");
    });

    it.each([
      ["HOOK_FAILED", { failure: { Error: "HookFailed", Cause } }, "app-db: HookFailed: before.0 sql in app: broken"],
      ["FAILED", { failure: { Error: "States.TaskFailed" }, quiesced }, "app-db: TaskFailed: States.TaskFailed"],
    ])(
      "leaves no evidence and ends %s when nothing was restored, hooks not undone included",
      async (outcome, end, reason) => {
        const { result, evidence } = await recorded({ ...end, resumed: { Error: "States.Timeout" } }, false);

        const problem = `${reason}\napp-db: HookFailed: its hooks are not undone: States.Timeout`;
        expect(result).toEqual({ outcome, problem, evidenceKey: "" });
        expect(evidence).toEqual([]);
      },
    );
  });

  it("recognises what holdfast itself put there, as long as its mark is the same", async () => {
    const world = memoryWorld();
    await verified(world);
    const { plan: first } = await plan(world, { source: "app-db" });
    const restored = {
      ...ended,
      task: "app-db",
      phases: { load: 1 },
      factsCompared: 4,
      putThere: [{ name: "app", mark: "oid 5" }],
      kept: [],
      notes: [],
    };
    world.objects.set(layout.outcome(first.restoreId, "app-db", 0), encode(restored));
    const input = RestoreRequested.parse({ source: "app-db" });
    const ends = [{ source: "app-db", task: { exitCodes: [0] } }];
    await recordEvidence(world.ports)({
      input,
      plan: first,
      executionId: "arn",
      safetyBackupId: undefined,
      thaw: noThaw,
      restored: ends,
    });

    expect(await interlock(world, { source: "app-db" }, { holds: [appDatabase] })).toMatchObject({ safety: "none" });
    await expect(
      interlock(world, { source: "app-db" }, { holds: [{ ...appDatabase, mark: "oid 5, changed" }] }),
    ).rejects.toThrow(ConfirmationNeeded);
  });

  it("X5 refuses a target that can't take the point, with every reason", async () => {
    const world = memoryWorld();
    await verified(world);

    const refused = interlock(
      world,
      { source: "app-db" },
      { problems: ["the server is 16", "extension citext is missing"] },
    );

    await expect(refused).rejects.toThrow(TargetUnfit);
    await expect(refused).rejects.toThrow("the server is 16\nextension citext is missing");
  });
});

describe("proofs", () => {
  it("AP-25 R1 a point that was read back wrong is quarantined, and verify fails", async () => {
    const world = memoryWorld();

    const recorded = await verified(world, aBackup, ["ChecksumMismatch: part 1"]);

    expect(recorded).toEqual({ outcome: "FAILED", problems: "app-db: QUARANTINED, ChecksumMismatch: part 1" });
    expect(
      [...world.objects.keys()].filter((key) => key.includes("/proofs/app-db/quarantined-") && key.endsWith(".json")),
    ).toHaveLength(1);
  });

  it("a point that could not be read stays as unproven as it was: no quarantine", async () => {
    const world = memoryWorld();
    await committed(world);
    const planned = await planVerify(world.ports)({ input: { backupId: aBackup }, execution: { name: "v" } });

    const recorded = await recordProofs(world.ports)({
      ...planned,
      sources: ["app-db"],
      verified: [{ source: "app-db", failure: { Error: "States.Timeout" } }],
    });

    expect(recorded.outcome).toBe("FAILED");
    expect([...world.objects.keys()].filter((key) => key.includes("/proofs/"))).toEqual([]);
  });

  it("reads back in a run of its own, though the execution is named like the backup", async () => {
    const world = memoryWorld();
    await committed(world);

    const planned = await planVerify(world.ports)({ input: { backupId: aBackup }, execution: { name: aBackup } });

    expect(planned.runId).not.toBe(aBackup);
    expect(world.objects.has(layout.taskInput(planned.runId, "app-db"))).toBe(true);
  });

  it("reads a verified point again for whoever doubts it", async () => {
    const world = memoryWorld();
    await verified(world);

    const planned = await planVerify(world.ports)({
      input: { backupId: aBackup, again: true },
      execution: { name: "doubt" },
    });

    expect(planned.sources.map(({ source }) => source)).toEqual(["app-db"]);
  });

  it("O5 verifying again what has its proof gives nothing to do", async () => {
    const world = memoryWorld();
    await verified(world);

    expect(await planVerify(world.ports)({ input: { backupId: aBackup }, execution: { name: "again" } })).toMatchObject(
      { isNeeded: false },
    );
  });
});
