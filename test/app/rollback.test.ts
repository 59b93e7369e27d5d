import { describe, expect, it } from "vitest";
import { announce } from "#app/announce.ts";
import { auditLog } from "#app/audit-log.ts";
import { rollbackRestore } from "#app/rollback-restore.ts";
import { createSigned } from "#app/signed-objects.ts";
import type { Evidence } from "#domain/evidence.ts";
import { BackupId, RestoreId } from "#domain/ids.ts";
import { swapKeepsOldState } from "#engines/descriptions.ts";
import { aBackup, aPlan, layout, memoryWorld } from "../support/memory-world.ts";

const restoreId = RestoreId.parse("2026-02-23-134207-k3x9");
const safetyBackupId = BackupId.parse(`2026-02-23-134210-safety-${restoreId}`);
const evidence = (more: Partial<Evidence>): Evidence => ({
  schema: 1,
  restoreId,
  source: "app-db",
  target: "staging-db",
  backupId: aBackup,
  recoveredTo: "2026-02-23T02:00:00.000Z",
  requestedBy: { claimed: null, execution: "arn:execution" },
  safetyBackupId,
  noSafetyBecause: null,
  startedAt: "2026-02-23T13:42:07.000Z",
  finishedAt: "2026-02-23T13:43:07.000Z",
  phases: { load: 1 },
  factsCompared: 10,
  putThere: [{ name: "app", mark: "m" }],
  kept: [],
  notes: [],
  ...more,
});

async function restoredWorld(more: Partial<Evidence> = {}) {
  const world = memoryWorld();
  const key = layout.evidence(restoreId);
  await createSigned(world.ports, key, (hash) => layout.proofSignature(key, hash), JSON.stringify(evidence(more)));
  const tasks: string[] = [];
  const answers = { exitCode: 0 as number | undefined, outcome: rolledBack() as object | undefined };
  const rollback = rollbackRestore({
    ...world.ports,
    audit: auditLog(world.ports),
    plan: aPlan,
    restoreTask: "arn:restore",
    swapKeepsOldState,
    tasks: {
      run: async (definition, inputKey) => {
        tasks.push(definition);
        const { runId, task } = JSON.parse(new TextDecoder().decode(world.objects.get(inputKey)));
        if (answers.outcome)
          await world.ports.repository.create(layout.outcome(runId, task, 0), JSON.stringify(answers.outcome));
        return { exitCode: answers.exitCode, reason: "Essential container exited" };
      },
    },
  });
  return { world, tasks, answers, rollback };
}
const rolledBack = () => ({
  succeeded: true,
  task: "app-db",
  attempt: 0,
  finishedAt: "2026-02-23T14:00:00.000Z",
  kept: [{ what: 'database "app" as it was until this rollback', drop: "DROP DATABASE x;" }],
  notes: [],
});

describe("rolling a restore back", () => {
  it("runs one task with the restore's role, keeps a signed record, and tells people what is kept", async () => {
    const { world, tasks, rollback } = await restoredWorld();

    const answer = await rollback({ restoreId, confirm: "staging-db", requestedBy: "Ada" }, "call-1");
    for (const happening of world.happened) await announce(world.ports)({ happening, requestId: "1" });

    expect(answer).toMatchObject({ verdict: `staging-db is again what it was before the restore ${restoreId}` });
    expect(tasks).toEqual(["arn:restore"]);
    expect([...world.objects.keys()]).toContain(layout.rollback(restoreId));
    expect(world.told).toMatchObject([{ code: "RestoreRolledBack", next: { command: "DROP DATABASE x;" } }]);
  });

  it("X2 refuses another target's name, and a restore that left no evidence, before anything is touched", async () => {
    const { world, tasks, rollback } = await restoredWorld();
    const other = RestoreId.parse("2026-02-23-134207-none");

    await expect(rollback({ restoreId, confirm: "app-db-live" }, "1")).rejects.toThrow('confirm with "staging-db"');
    await expect(rollback({ restoreId: other, confirm: "staging-db" }, "1")).rejects.toThrow("left no evidence");
    world.objects.delete([...world.objects.keys()].find((key) => key.endsWith(".sig")) ?? "");
    await expect(rollback({ restoreId, confirm: "staging-db" }, "1")).rejects.toThrow("left no evidence");

    expect(tasks).toEqual([]);
  });

  it("names the restore of the safety point where the engine keeps no old state", async () => {
    const { tasks, rollback } = await restoredWorld({ source: "sessions", target: "staging-redis" });

    const answer = await rollback({ restoreId, confirm: "staging-redis" }, "1");

    expect(tasks).toEqual([]);
    expect(answer.next).toContain(
      `-f start-restore -d '{"source":"staging-redis","backupId":"${safetyBackupId}","target":"staging-redis","confirm":"staging-redis"}'`,
    );
  });

  it.each([
    ["exits 0 and leaves no outcome", 0, undefined],
    ["leaves an outcome and no exit code", undefined, rolledBack()],
  ])("does not believe a task that %s", async (_, exitCode, outcome) => {
    const { world, answers, rollback } = await restoredWorld();
    Object.assign(answers, { exitCode, outcome });

    const answer = await rollback({ restoreId, confirm: "staging-db" }, "1");

    expect(answer.verdict).toContain("staging-db was not rolled back: TaskFailed");
    expect(answer.next).toContain(safetyBackupId);
    expect(world.happened).toEqual([]);
  });
});
