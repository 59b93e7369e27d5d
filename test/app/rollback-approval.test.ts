import { expect, it } from "vitest";
import { announce } from "#app/announce.ts";
import { approve } from "#app/approve.ts";
import { auditLog, proveAudit } from "#app/audit-log.ts";
import { refuse } from "#app/refuse.ts";
import { rollbackRestore } from "#app/rollback-restore.ts";
import { createSigned } from "#app/signed-objects.ts";
import type { Evidence } from "#domain/evidence.ts";
import { RestoreId, RollbackId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import { swapKeepsOldState } from "#engines/descriptions.ts";
import { RollbackByHand } from "#events/by-hand.ts";
import { memoryExecutions } from "../support/memory-executions.ts";
import { aBackup, aPlan, layout, memoryWorld } from "../support/memory-world.ts";

const restoreId = RestoreId.parse("2026-02-23-014207-once");
const guarded: Plan = { ...aPlan, approval: { liveTargets: true, within: "30m" } };
const at = "2026-02-23T01:00:00.000Z";
const evidence: Evidence = {
  ...{ schema: 1, restoreId, source: "app-db", target: "app-db-live", backupId: aBackup, recoveredTo: at },
  ...{ requestedBy: { claimed: null, execution: "arn" }, safetyBackupId: null, noSafetyBecause: null },
  ...{ startedAt: at, finishedAt: at, phases: { load: 1 }, factsCompared: 10, notes: [] },
  putThere: [{ name: "app", mark: "m" }],
  kept: [{ what: 'database "app" as it was before', drop: "DROP DATABASE x;" }],
};

/** A restore into a live target has ended two hours ago, and somebody wants the old state back. */
async function restored(plan = guarded) {
  const world = memoryWorld();
  let now = new Date("2026-02-23T03:00:00Z");
  const tasks: string[] = [];
  const ports = { ...world.ports, ...memoryExecutions().ports, plan, clock: () => now };
  const audit = auditLog(ports);
  const key = layout.evidence(restoreId);
  const put = (body: object) =>
    createSigned(ports, key, (hash) => layout.proofSignature(key, hash), JSON.stringify(body));
  await put(evidence);
  const run = async (_: string, inputKey: string) => {
    const { runId, task } = JSON.parse(new TextDecoder().decode(world.objects.get(inputKey)));
    tasks.push(runId);
    const outcome = { succeeded: true, task, attempt: 0, finishedAt: at, kept: [], notes: [] };
    await ports.repository.create(layout.outcome(runId, task, 0), JSON.stringify(outcome));
    return { exitCode: 0, reason: undefined };
  };
  const roll = (its = ports) => {
    const work = rollbackRestore({ ...its, audit, restoreTask: "arn:restore", swapKeepsOldState, tasks: { run } });
    return (input: object, call = "call 1") =>
      work(RollbackByHand.parse({ restoreId, confirm: "app-db-live", ...input }), call);
  };
  const word = (requestId: RollbackId) => ({ requestId, confirm: "app-db-live" });
  return {
    ...{ world, ports, tasks, roll, rollback: roll() },
    later(milliseconds: number) {
      now = new Date(now.getTime() + milliseconds);
    },
    async ask() {
      const { figures } = await roll()({ requestedBy: "Ada", because: "the wrong point" });
      return RollbackId.parse(figures["requestId"]);
    },
    approve: (id: RollbackId, approvedBy = "Grace") =>
      approve({ ...ports, audit })({ ...word(id), approvedBy }, "call 2"),
    refuse: (id: RollbackId) =>
      refuse({ ...ports, audit })({ ...word(id), refusedBy: "Grace", because: "not yet" }, "call 2"),
    deeds: async () => (await proveAudit(ports)).entries.flatMap(({ entry }) => ("what" in entry ? [entry.what] : [])),
  };
}

it("touches nothing before a second person has approved it, tells what would come back, and then is called again, once", async () => {
  const { world, ports, rollback, ask, approve, tasks, deeds } = await restored();

  const id = await ask();
  await announce(ports)({ happening: world.happened.at(-1) as never, requestId: "event" });
  const early = rollback({ requestId: id });
  await expect(early).rejects.toThrow("nobody has approved it; nothing was touched");
  await expect(approve(id, "ada")).rejects.toThrow("can't be the second person");
  const untouched = tasks.length;
  const { verdict, next } = await approve(id);
  const done = await rollback({ requestId: id });

  expect(world.told[0]).toMatchObject({
    title: `Ada wants to roll app-db-live, which is live, back to what it was before ${restoreId}: a second person has to approve it`,
    happened: [
      'Put back is: database "app" as it was before. What came into app-db-live in the 2h since the restore is taken away, and kept beside.',
      "Because: the wrong point.",
      "Without an approval by 2026-02-23T03:30:00.000Z nothing comes of it.",
    ],
  });
  expect(untouched).toBe(0);
  expect(verdict).toContain("APPROVED by Grace: app-db-live may be rolled back");
  expect(next).toContain(
    `-f rollback-restore -d '{"restoreId":"${restoreId}","confirm":"app-db-live","requestId":"${id}"}'`,
  );
  expect(done.verdict).toBe(`app-db-live is again what it was before the restore ${restoreId}`);
  expect(tasks).toHaveLength(1);
  await expect(rollback({ requestId: id }, "call 3")).rejects.toThrow(
    "was used already: one word is good for one request",
  );
  expect(tasks).toHaveLength(1);
  expect(await deeds()).toEqual(["ask for approval", "approve"]);
});

it("touches nothing where it was refused, approved too late or too long ago, is unknown, or of a target that is reached otherwise", async () => {
  const refused = await restored();
  const first = await refused.ask();
  await refused.refuse(first);
  await expect(refused.rollback({ requestId: first })).rejects.toThrow("it was refused by Grace: not yet");
  await expect(refused.approve(first, "Linus")).rejects.toThrow("was refused by Grace");

  const late = await restored();
  const second = await late.ask();
  late.later(1_800_001);
  await expect(late.approve(second)).rejects.toThrow("waited until 2026-02-23T03:30:00.000Z only");

  const old = await restored();
  const third = await old.ask();
  await old.approve(third);
  old.later(3_600_001);
  await expect(old.rollback({ requestId: third })).rejects.toThrow("and not used within an hour");

  const unknown = await restored();
  const none = RollbackId.parse("rollback-2026-02-23-030000-none");
  await expect(unknown.rollback({ requestId: none })).rejects.toThrow(`nobody was asked for ${none}`);

  const moved = await restored();
  const fourth = await moved.ask();
  await moved.approve(fourth);
  const section = { ...guarded.targets["app-db-live"], connection: { host: "elsewhere", port: 5432 } };
  const plan = { ...guarded, targets: { ...guarded.targets, "app-db-live": section as never } };
  const elsewhere = moved.roll({ ...moved.ports, plan })({ requestId: fourth });
  await expect(elsewhere).rejects.toThrow("app-db-live is not what Grace has approved");

  expect([refused, late, old, unknown, moved].flatMap(({ tasks }) => tasks)).toEqual([]);
});

it("has to be told who asks, and asks nobody where no restore does", async () => {
  const { rollback, tasks } = await restored();
  await expect(rollback({})).rejects.toThrow("who has to be told who asks; nothing was touched");
  expect(tasks).toEqual([]);

  const free = await restored(aPlan);
  await free.rollback({});
  expect(free.tasks).toHaveLength(1);
});

it("goes on at once where one person alone says so aloud: everybody hears of it first, and it is in the audit log", async () => {
  const { world, rollback, tasks, deeds } = await restored();

  await rollback({ requestedBy: "Ada", breakGlass: { who: "Ada", why: "everybody else is on a plane" } });

  expect(tasks).toHaveLength(1);
  const [raised] = world.happened;
  expect(raised).toMatchObject({ type: "AlarmRaised", detail: { code: "BreakGlass", severity: "critical" } });
  expect(JSON.stringify(raised)).toContain(
    `Ada rolls app-db-live back to what it was before the restore ${restoreId}, without the second person`,
  );
  expect(await deeds()).toEqual(["break glass"]);
});
