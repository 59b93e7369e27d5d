import { expect, it } from "vitest";
import { announce } from "#app/announce.ts";
import { approve } from "#app/approve.ts";
import { askForApproval } from "#app/ask-for-approval.ts";
import { auditLog, proveAudit } from "#app/audit-log.ts";
import { breakGlass } from "#app/break-glass.ts";
import { leaseTarget } from "#app/lease-target.ts";
import { planDrop } from "#app/plan-drop.ts";
import { refuse } from "#app/refuse.ts";
import { createSigned } from "#app/signed-objects.ts";
import { Asked } from "#domain/asked.ts";
import type { Evidence } from "#domain/evidence.ts";
import { dropIdOf, RestoreId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import { DropRequested } from "#events/drop-requested.ts";
import { memoryExecutions } from "../support/memory-executions.ts";
import { aBackup, aPlan, layout, memoryWorld } from "../support/memory-world.ts";

const restored = RestoreId.parse("2026-02-23-014207-once");
const guarded: Plan = { ...aPlan, approval: { liveTargets: true, within: "30m" } };
const sooner = { target: "app-db-live", olderThan: "0m", requestedBy: "Ada", because: "the disk is full" };
const execution = { id: "arn:drop:one", name: "one", startTime: "2026-02-23T03:00:00.000Z" };
const dropId = dropIdOf(execution.id, new Date(execution.startTime));
const evidence = (restoreId: RestoreId, finishedAt: string): Evidence => ({
  ...{ schema: 1, restoreId, source: "app-db", target: "app-db-live", backupId: aBackup },
  ...{ recoveredTo: finishedAt, requestedBy: { claimed: null, execution: "arn:execution" }, safetyBackupId: null },
  ...{ noSafetyBecause: null, startedAt: finishedAt, finishedAt, phases: { load: 1 }, factsCompared: 10, notes: [] },
  putThere: [{ name: "app", mark: "m" }],
  kept: [{ what: 'database "app" as it was before', drop: "DROP DATABASE x;" }],
});

/** A restore into a live target has kept the old state for two hours, and the plan keeps it for seven days. */
async function dropping({ plan = guarded, request = sooner }: { plan?: Plan; request?: object } = {}) {
  const world = memoryWorld();
  let now = new Date(execution.startTime);
  const executions = memoryExecutions();
  const ports = { ...world.ports, ...executions.ports, plan, clock: () => now };
  const audit = auditLog(ports);
  const heard: string[] = [];
  const restore = (restoreId: RestoreId, finishedAt: string) => {
    const key = layout.evidence(restoreId);
    const body = JSON.stringify(evidence(restoreId, finishedAt));
    return createSigned(world.ports, key, (hash) => layout.proofSignature(key, hash), body);
  };
  await restore(restored, "2026-02-23T01:00:00.000Z");
  const input = DropRequested.parse(request);
  const word = { requestId: dropId, confirm: "app-db-live" };
  const planned = (its = ports) => planDrop(its)({ input, execution });
  return {
    ...{ world, ports, heard, restore, planned, input, audit },
    at: (instant: string) => (now = new Date(instant)),
    async ask() {
      const { approval } = await planned();
      executions.wait("token 1", (outcome) => void heard.push(outcome));
      const asked = Asked.parse(approval.asked);
      await askForApproval({ ...ports, audit })({ asked, token: "token 1", attempt: 0, enteredAt: now.toISOString() });
    },
    approve: (approvedBy = "Grace") => approve({ ...ports, audit })({ ...word, approvedBy }, `call of ${approvedBy}`),
    refuse: () => refuse({ ...ports, audit })({ ...word, refusedBy: "Grace", because: "not yet" }, "call of Grace"),
    deeds: async () =>
      (await proveAudit(ports)).entries.flatMap(({ entry }) => ("what" in entry ? [`${entry.what} ${entry.to}`] : [])),
  };
}

it("waits for a second person where a restore does, before its old state goes sooner than the plan says, and tells what would go", async () => {
  const { planned, ask, ports, world } = await dropping();

  const { approval, drops } = await planned();
  await ask();
  await announce(ports)({ happening: world.happened.at(-1) as never, requestId: "event" });

  expect({ is: approval.is, seconds: approval.seconds, drops }).toEqual({ is: "needed", seconds: 1800, drops: [] });
  const [told] = world.told;
  expect(told).toMatchObject({
    severity: "warning",
    title:
      "Ada wants to drop what restores have kept in app-db-live, sooner than the plan does: a second person has to approve it",
  });
  expect(told?.happened).toEqual([
    `database "app" as it was before, since 2026-02-23T01:00:00.000Z (${restored}).`,
    "The plan keeps it for 7d; without it rollback-restore can put nothing back.",
    "Because: the disk is full.",
    "Without an approval by 2026-02-23T03:30:00.000Z it fails.",
  ]);
  expect(told?.next.command).toContain(`-f approve -d '{"requestId":"${dropId}","confirm":"app-db-live"`);
});

it("goes on with exactly what another person has approved, and all of it is in the audit log", async () => {
  const { planned, ask, approve, heard, world, deeds } = await dropping();
  await ask();

  const byHerself = approve("ada");
  await expect(byHerself).rejects.toThrow("can't be the second person");
  const { verdict } = await approve();
  const { approval, drops } = await planned();

  expect(verdict).toBe(
    `APPROVED by Grace: what restores have kept in app-db-live is dropped, if it is still the same: ${restored}`,
  );
  expect(heard).toEqual(["went on"]);
  expect(approval.is).toBe("given");
  expect(drops.map(({ taskInputKey }) => taskInputKey)).toEqual([layout.taskInput("drop-one", restored)]);
  expect(world.objects.has(layout.taskInput("drop-one", restored))).toBe(true);
  expect(await deeds()).toEqual([
    `ask for approval ${dropId} app-db-live ${restored}`,
    `approve ${dropId} app-db-live ${restored}`,
  ]);
  await expect(approve("Linus")).rejects.toThrow("waits no more: one word is good for one request, once");
});

it("drops nothing where nobody has approved it, it was refused, or the word is an hour old", async () => {
  const alone = await dropping();
  await alone.ask();
  await expect(alone.planned()).rejects.toThrow("nobody has approved it; nothing was touched");

  const refused = await dropping();
  await refused.ask();
  expect((await refused.refuse()).verdict).toContain("REFUSED by Grace: nothing is dropped from app-db-live");
  await expect(refused.planned()).rejects.toThrow("it was refused by Grace: not yet");
  expect(refused.heard).toEqual(["ApprovalRefused: Refused by Grace, because: not yet. Nothing was touched"]);

  const late = await dropping();
  await late.ask();
  late.at("2026-02-23T03:30:01.000Z");
  await expect(late.approve()).rejects.toThrow("waited until 2026-02-23T03:30:00.000Z only");

  const old = await dropping();
  await old.ask();
  await old.approve();
  old.at("2026-02-23T04:00:01.000Z");
  await expect(old.planned()).rejects.toThrow("and not used within an hour");
});

it("X2 drops nothing where the target has another address since, is being restored into, or has other old states", async () => {
  const changed = "app-db-live is not what Grace has approved";
  const moved = await dropping();
  await moved.ask();
  await moved.approve();
  const section = { ...guarded.targets["app-db-live"], connection: { host: "elsewhere", port: 5432 } };
  const elsewhere = { ...guarded, targets: { ...guarded.targets, "app-db-live": section as never } };
  await expect(moved.planned({ ...moved.ports, plan: elsewhere })).rejects.toThrow(changed);

  const busy = await dropping();
  await busy.ask();
  await busy.approve();
  await leaseTarget(busy.ports, "app-db-live", { executionArn: "arn:restoring", restoreId: restored });
  busy.world.running.add("arn:restoring");
  await expect(busy.planned()).rejects.toThrow(changed);

  const more = await dropping();
  await more.ask();
  await more.approve();
  await more.restore(RestoreId.parse("2026-02-23-020000-more"), "2026-02-23T02:30:00.000Z");
  await expect(more.planned()).rejects.toThrow(changed);
});

it("does not take what a restore has kept since the drop was asked for, and so is not kept from it either", async () => {
  const { ask, approve, restore, planned } = await dropping();
  await ask();
  await approve();
  await restore(RestoreId.parse("2026-02-23-030500-more"), "2026-02-23T03:06:00.000Z");

  expect((await planned()).drops.map(({ taskInputKey }) => taskInputKey)).toEqual([
    layout.taskInput("drop-one", restored),
  ]);
});

it("asks nobody for what the plan would drop itself, where no restore waits either, and by its schedule", async () => {
  const is = async (its: Parameters<typeof dropping>[0]) => {
    const { approval, drops } = await (await dropping(its)).planned();
    return [approval.is, drops.length];
  };

  expect(await is({ plan: aPlan })).toEqual(["none", 1]);
  expect(await is({ request: {} })).toEqual(["none", 0]);
  expect(await is({ request: { target: "app-db-live" } })).toEqual(["none", 0]);
  expect(await is({ request: { ...sooner, olderThan: "8d" } })).toEqual(["none", 0]);
  const hour = { ...guarded.targets["app-db-live"], keepOldState: "1h" } as never;
  expect(await is({ plan: { ...guarded, targets: { ...guarded.targets, "app-db-live": hour } } })).toEqual(["none", 1]);
});

it("has to be told who asks, and one person alone is heard by everybody before anything goes", async () => {
  const { requestedBy: _, ...nameless } = sooner;
  await expect((await dropping({ request: nameless })).planned()).rejects.toThrow("who has to be told who asks");

  const request = { ...nameless, breakGlass: { who: "Ada", why: "everybody else is on a plane" } };
  const { planned, world, ports, audit, input, deeds } = await dropping({ request });
  const { approval, drops } = await planned();
  const asked = Asked.parse(approval.asked);
  await breakGlass({ ...ports, audit })({ asked, breakGlass: input.breakGlass as never });
  await announce(ports)({ happening: world.happened.at(-1) as never, requestId: "event" });

  expect([approval.is, drops.length]).toEqual(["glass broken", 1]);
  expect(world.told).toMatchObject([{ severity: "critical", code: "BreakGlass", title: "BreakGlass: app-db" }]);
  expect(world.told[0]?.happened[0]).toBe(
    "Ada drops what restores have kept in app-db-live, sooner than the plan does, without the second person that the plan asks for, because: everybody else is on a plane",
  );
  expect(world.told[0]?.next.command).toContain("stop-execution --execution-arn arn:drop:one");
  expect(await deeds()).toEqual([`break glass ${dropId} app-db-live ${restored}`]);
});
