import { describe, expect, it } from "vitest";
import { announce } from "#app/announce.ts";
import { approve } from "#app/approve.ts";
import { askForApproval } from "#app/ask-for-approval.ts";
import { auditLog, proveAudit } from "#app/audit-log.ts";
import { breakGlass } from "#app/break-glass.ts";
import { cancelRestore } from "#app/cancel-restore.ts";
import { checkInterlock } from "#app/check-interlock.ts";
import { describeRestore } from "#app/describe-restore.ts";
import { planRestore } from "#app/plan-restore.ts";
import { planRestoreAll } from "#app/plan-restore-all.ts";
import { refuse } from "#app/refuse.ts";
import { startRestore } from "#app/start-restore.ts";
import { whatNow } from "#app/what-now.ts";
import { Approval, waitsForApproval } from "#domain/approval.ts";
import type { Asked } from "#domain/asked.ts";
import { ApprovalInvalid, SignatureInvalid, TargetChanged } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import type { Plan } from "#domain/plan.ts";
import { restoreOptions, swapKeepsOldState } from "#engines/descriptions.ts";
import { RestoreAllRequested, RestoreByHand, RestoreRequested } from "#events/restore-requested.ts";
import { memoryExecutions, restoreMachine } from "../support/memory-executions.ts";
import { aBackup, aPlan, layout, memoryWorld } from "../support/memory-world.ts";
import { verifiedPoint } from "../support/verified-point.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const decode = (bytes: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(bytes));
const live = { source: "app-db", target: "app-db-live", confirm: "app-db-live", requestedBy: "Ada" };
const guarded: Plan = { ...aPlan, approval: { liveTargets: true, within: "30m" } };

/** A restore that has come to its interlock, in a plan that wants a second person for live targets. */
async function restoring({ plan = guarded, request = live }: { plan?: Plan; request?: object } = {}) {
  const world = memoryWorld();
  await verifiedPoint(world);
  let now = new Date("2026-02-23T03:00:00Z");
  const executions = memoryExecutions();
  const begun = executions.begin(restoreMachine, "by-hand-1", request);
  const execution = { id: begun.arn, startTime: "2026-02-23T02:50:00.000Z" };
  const ports = { ...world.ports, ...executions.ports, plan, clock: () => now, swapKeepsOldState, restoreOptions };
  const audit = auditLog(ports);
  const input = RestoreRequested.parse(request);
  const planned = await planRestore({ ...ports, audit })({ input, execution });
  const { restoreId } = planned.plan;
  const heard: string[] = [];
  let asked: Asked | undefined;
  const interlock = (found = {}, its: { plan?: Plan } = {}) => {
    const isAgain = world.objects.has(layout.approvalRequested(restoreId));
    const task = isAgain ? "inspect-again-app-db" : "inspect-app-db";
    const holds = [{ name: "app", mark: "oid 5", what: "database app, 12 MB" }];
    const ended = { succeeded: true, attempt: 0, finishedAt: "2026-02-23T02:59:00.000Z", task, problems: [], holds };
    world.objects.set(layout.outcome(restoreId, task, 0), encode({ ...ended, fingerprint: "server 1", ...found }));
    return checkInterlock({ ...ports, plan: its.plan ?? plan })({
      ...{ input, plan: planned.plan, executionId: begun.arn },
      inspected: [{ source: "app-db", task: { exitCodes: [0] } }],
    });
  };
  const restore = {
    ...{ world, ports, restoreId, executions, heard, interlock, input, audit, arn: begun.arn },
    at: (instant: string) => (now = new Date(instant)),
    async ask() {
      const { approval } = await interlock();
      asked = approval.asked as Asked;
      await restore.askAgain("token 1", 0);
    },
    async askAgain(token: string, attempt: number) {
      executions.wait(token, (outcome) => void heard.push(outcome));
      await askForApproval({ ...ports, audit })({
        asked: asked as Asked,
        token,
        attempt,
        enteredAt: now.toISOString(),
      });
    },
    approve: (approvedBy = "Grace", change = {}) =>
      approve({ ...ports, audit })(
        { requestId: restoreId, confirm: "app-db-live", approvedBy, ...change },
        `call of ${approvedBy}`,
      ),
    refuse: (refusedBy = "Grace") =>
      refuse({ ...ports, audit })(
        { requestId: restoreId, confirm: "app-db-live", refusedBy, because: "wrong night" },
        `call of ${refusedBy}`,
      ),
    deeds: async () =>
      (await proveAudit(ports)).entries.flatMap(({ entry }) =>
        "what" in entry ? [`${entry.what} ${entry.who.claimed}`] : [],
      ),
  };
  return restore;
}

describe("a restore into a live target that two people have to want", () => {
  it("stops before anything is touched, and tells who asks, what would come where, what would be lost, and what to type", async () => {
    const { world, restoreId, interlock, ask, ports } = await restoring();

    const { approval, restore } = await interlock();
    await ask();

    expect(approval).toMatchObject({ is: "needed", seconds: 1800, inspect: [{ source: "app-db" }] });
    expect(restore).toEqual([]);
    expect(world.objects.has(layout.taskInput(restoreId, "app-db"))).toBe(false);
    await announce(ports)({ happening: world.happened.at(-1) as never, requestId: "event" });
    const [told] = world.told;
    expect(told).toMatchObject({
      severity: "warning",
      title: "Ada wants to restore app-db into app-db-live, which is live: a second person has to approve it",
      intact: "app-db-live, which nothing has touched, and every point.",
    });
    expect(told?.happened).toEqual([
      "app-db-live would become what app-db was at 2026-02-23T02:00:05.000Z, 59m 55s before this was asked: what came since is replaced.",
      "It holds now: database app, 12 MB.",
      "What it holds is captured first, after the approval.",
      "Without an approval by 2026-02-23T03:30:00.000Z it fails.",
    ]);
    expect(told?.next.command).toBe(
      [
        `npx sls invoke --stage test -f approve -d '{"requestId":"${restoreId}","confirm":"app-db-live","approvedBy":"your name"}'`,
        `npx sls invoke --stage test -f refuse -d '{"requestId":"${restoreId}","confirm":"app-db-live","refusedBy":"your name","because":"…"}'`,
      ].join("\n"),
    );
    expect(JSON.stringify([world.told, world.happened])).not.toContain("token 1");
    const { verdict, next } = await describeRestore(ports)({ restoreId });
    expect(verdict).toBe(
      "RUNNING: app-db into app-db-live: waiting for a second person until 2026-02-23T03:30:00.000Z",
    );
    expect(next).toContain("-f approve -d");
  });

  it("goes on when another person has approved, with the target looked at again, and all of it is in the audit log", async () => {
    const { ask, approve, interlock, heard, deeds } = await restoring();
    await ask();

    const { verdict } = await approve();
    const passed = await interlock();

    expect(verdict).toMatch(
      /^APPROVED by Grace: app-db as it was at 2026-02-23T02:00:05.000Z, 59m 55s ago, is restored/,
    );
    expect(heard).toEqual(["went on"]);
    expect(passed).toMatchObject({ approval: { is: "given" }, safety: "committed", restore: [{ source: "app-db" }] });
    expect(await deeds()).toEqual(["ask for approval Ada", "approve Grace"]);
  });

  it("takes the words of nobody who asks for it, confirms another target, comes late, or means another restore", async () => {
    const { ask, approve, at, heard, ports } = await restoring();
    await ask();

    await expect(approve(" ada ")).rejects.toThrow(" ada  has asked for");
    await expect(approve("Grace", { confirm: "staging-db" })).rejects.toThrow('confirm with "app-db-live"');
    await expect(approve("Grace", { requestId: "2026-02-23-134207-k3x9" })).rejects.toThrow("there is no such request");
    at("2026-02-23T03:30:01Z");
    await expect(approve()).rejects.toThrow(/waited until 2026-02-23T03:30:00.000Z only, and has failed/);
    expect(heard).toEqual([]);
    expect((await proveAudit(ports)).entries.filter(({ entry }) => "what" in entry)).toHaveLength(1);
  });

  it("fails with who refused it and why, and an approval that comes later counts for nothing", async () => {
    const { ask, approve, refuse, interlock, heard, deeds } = await restoring();
    await ask();

    const { verdict } = await refuse();

    expect(verdict).toContain("REFUSED by Grace");
    expect(heard).toEqual(["ApprovalRefused: Refused by Grace, because: wrong night. Nothing was touched"]);
    await expect(approve("Linus")).rejects.toThrow(/was refused by Grace at .+ one word is good for one request, once/);
    await expect(interlock()).rejects.toThrow("it was refused by Grace: wrong night; nothing was touched");
    expect(await deeds()).toEqual(["ask for approval Ada", "refuse Grace"]);
  });

  it("is approved once: the same word again is refused, and so is another's", async () => {
    const { ask, approve, refuse, heard, deeds } = await restoring();
    await ask();
    await approve();

    await expect(approve()).rejects.toThrow(ApprovalInvalid);
    await expect(approve("Linus")).rejects.toThrow("was approved by Grace");
    await expect(refuse("Linus")).rejects.toThrow("was approved by Grace");

    expect(heard).toEqual(["went on"]);
    expect(await deeds()).toEqual(["ask for approval Ada", "approve Grace"]);
  });

  it("goes on by the same call once more where the first one died before the machine had heard it", async () => {
    const { ask, approve, refuse, ports, heard, deeds } = await restoring();
    await ask();
    const { goOn } = ports.waiting;
    ports.waiting.goOn = () => Promise.reject(new Error("connection reset"));
    await expect(approve()).rejects.toThrow("connection reset");
    ports.waiting.goOn = goOn;
    await expect(refuse("Linus")).rejects.toThrow("was approved by Grace");
    expect(heard).toEqual([]);

    await approve();

    expect(heard).toEqual(["went on"]);
    expect(await deeds()).toEqual(["ask for approval Ada", "approve Grace", "approve Grace"]);
  });

  it("asks once more where its first try got no further than half, and the newer token counts", async () => {
    const { ask, askAgain, approve, executions, heard, deeds } = await restoring();
    await ask();
    executions.giveUp("token 1");
    await askAgain("token 2", 1);

    await approve();

    expect(heard).toEqual(["went on"]);
    expect((await deeds()).at(-1)).toBe("approve Grace");
  });
});

describe("what was approved is not what would be done now", () => {
  it.each([
    ["another server stands in the target's place", { fingerprint: "server 2" }, guarded],
    [
      "the plan reaches the target elsewhere",
      {},
      {
        ...guarded,
        targets: {
          ...guarded.targets,
          "app-db-live": { ...guarded.targets["app-db-live"], connection: { host: "elsewhere", port: 5432 } },
        },
      } as Plan,
    ],
  ])("X2 is refused where %s", async (_, found, plan) => {
    const { ask, approve, interlock, world, restoreId } = await restoring();
    await ask();
    await approve();

    await expect(interlock(found, { plan })).rejects.toThrow(TargetChanged);

    expect(world.objects.has(layout.taskInput(restoreId, "app-db"))).toBe(false);
  });

  it("is captured as it is after the approval, with what came into the target while it waited", async () => {
    const { ask, approve, interlock } = await restoring();
    await ask();
    await approve();
    const holds = ["app", "new"].map((name) => ({ name, mark: name, what: name }));

    expect((await interlock({ holds })).safetyInput.holds).toEqual(["app", "new"]);
  });
});

describe("no approval that can't be believed", () => {
  const driven = async (tamper: (restore: Awaited<ReturnType<typeof restoring>>) => unknown) => {
    const restore = await restoring();
    await restore.ask();
    await tamper(restore);
    return restore.interlock();
  };

  it("lets a machine go on that somebody has driven on without one", async () => {
    await expect(driven(() => {})).rejects.toThrow("app-db-live: nobody has approved it; nothing was touched");
  });

  it("lets one go on by a word that nobody has signed, or that was changed", async () => {
    const forged = { schema: 1, decision: "approved", decidedAt: "2026-02-23T03:00:00.000Z" };
    const isForged = driven(({ world, restoreId }) => {
      world.objects.set(layout.approvalDecided(restoreId), encode({ ...forged, restoreId }));
    });
    const isChanged = driven(async ({ world, restoreId, refuse }) => {
      await refuse();
      const key = layout.approvalDecided(restoreId);
      world.objects.set(key, encode({ ...decode(world.objects.get(key)), decision: "approved" }));
    });

    await expect(isForged).rejects.toThrow(SignatureInvalid);
    await expect(isChanged).rejects.toThrow(SignatureInvalid);
  });

  it("lets one go on by a word that was given on another restore", async () => {
    const other = await restoring();
    await other.ask();
    await other.approve();
    const theirs = [...other.world.objects].filter(([key]) => key.includes("approval-decided"));
    const stolen = decode(theirs.find(([key]) => key.endsWith(".json"))?.[1]);

    const isStolen = driven(async ({ world, ports, restoreId }) => {
      const body = encode({ ...stolen, requestSha256: "0".repeat(64) });
      const key = layout.approvalDecided(restoreId);
      world.objects.set(key, body);
      world.objects.set(layout.proofSignature(key, sha256(body)), await ports.signer.sign(body));
    });

    await expect(isStolen).rejects.toThrow("the approval is of something else");
  });

  it("lets one go on that was approved hours ago and is driven on again now", async () => {
    const isOld = driven(async ({ approve, at }) => {
      await approve();
      at("2026-02-23T04:00:01Z");
    });

    await expect(isOld).rejects.toThrow("it was approved at 2026-02-23T03:00:00.000Z, and not used within an hour");
  });
});

describe("who waits for a second person", () => {
  const into = (target: string, stage: string, plan: Partial<Plan> = {}) =>
    waitsForApproval({ ...aPlan, ...plan }, stage, target);

  it("is a live target by default in stages whose names begin with prod, and by the plan's word anywhere", () => {
    expect([into("app-db-live", "prod"), into("app-db-live", "production-eu")]).toEqual([true, true]);
    expect([into("app-db-live", "local"), into("staging-db", "prod"), into("nowhere", "prod")]).toEqual([
      false,
      false,
      false,
    ]);
    expect(into("app-db-live", "prod", { approval: { liveTargets: false } })).toBe(false);
    expect(into("app-db-live", "local", { approval: { liveTargets: true } })).toBe(true);
    expect(into("app-db-live", "local", { approval: { within: "1h" } })).toBe(false);
    const staging = { ...aPlan.targets["staging-db"], approval: true } as Plan["targets"][string];
    expect(into("staging-db", "local", { targets: { "staging-db": staging } })).toBe(true);
  });

  it("waits no longer than a point that was chosen is safe from being deleted", () => {
    const problems = ["5h", "0s", "soon"].map((within) => Approval.safeParse({ within }).success);
    expect([...problems, Approval.safeParse({ within: "4h" }).success]).toEqual([false, false, false, true]);
  });

  it("is nobody for a rehearsal, which goes on at once in the same plan", async () => {
    const { interlock } = await restoring({ request: { source: "app-db", confirm: "staging-db" } });

    expect(await interlock()).toMatchObject({ approval: { is: "none" }, restore: [{ source: "app-db" }] });
  });

  it("is named by what-now, whose command says who asks, and has what start-restore refuses at once without a name", async () => {
    const { ports, world } = await restoring();
    const machines = { machine: "arn:restore", machineForAll: "arn:all" };
    const start = (request: object) =>
      startRestore({ ...ports, ...machines })(RestoreByHand.parse(request), JSON.stringify(request));
    world.running.clear();

    const { next } = await whatNow(ports)({ what: "corrupt", source: "app-db" });
    const command = JSON.parse(/start-restore -d '(.+?)'/.exec(next)?.[1] ?? "null");

    expect(next).toContain("It then waits for a second person");
    expect(command).toMatchObject({ target: "app-db-live", requestedBy: "your name" });
    expect((await start(command)).next).toContain("It waits for a second person");
    const { requestedBy: _, ...nameless } = command;
    await expect(start(nameless)).rejects.toThrow("who has to be told who asks; nothing was touched");
    const all = {
      backupId: aBackup,
      sources: ["app-db"],
      targets: { "app-db": "app-db-live" },
      confirm: ["app-db-live"],
    };
    const planAll = planRestoreAll(ports)({ input: RestoreAllRequested.parse(all), execution: { name: "all" } });
    await expect(planAll).rejects.toThrow("who has to be told who asks; nothing was touched");
  });

  it("has to be told who asks", async () => {
    const { requestedBy: _, ...nameless } = live;
    const { interlock } = await restoring({ request: nameless });

    await expect(interlock()).rejects.toThrow("requestedBy: a restore into app-db-live waits for a second person");
  });
});

describe("one person alone", () => {
  const alone = { ...live, breakGlass: { who: "Ada", why: "everybody else is on a plane" } };

  it("goes on at once, everybody hears of it by every channel whatever the plan's routes say, and it is in the audit log", async () => {
    const plan: Plan = { ...guarded, tell: { routes: { critical: ["pagerduty"] } } };
    const { interlock, world, ports, audit, input, restoreId, deeds } = await restoring({ plan, request: alone });

    const { approval, safety, restore } = await interlock();
    await breakGlass({ ...ports, audit })({ asked: approval.asked as Asked, breakGlass: input.breakGlass as never });
    await announce(ports)({ happening: world.happened.at(-1) as never, requestId: "event" });

    expect({ is: approval.is, safety }).toEqual({ is: "glass broken", safety: "committed" });
    expect(restore).toHaveLength(1);
    expect(world.told).toMatchObject([{ severity: "critical", code: "BreakGlass", title: "BreakGlass: app-db" }]);
    expect(world.told[0]?.happened[0]).toBe(
      "Ada has begun to restore app-db into app-db-live without the second person that the plan asks for, because: everybody else is on a plane",
    );
    expect(world.told[0]?.next.command).toContain(`-f cancel-restore -d '{"restoreId":"${restoreId}"`);
    expect(await deeds()).toEqual(["break glass Ada"]);
  });

  it("goes nowhere where it can't be written down", async () => {
    const { interlock, ports, input } = await restoring({ request: alone });
    const { approval } = await interlock();
    const audit = () => Promise.reject(new Error("access denied"));

    const goes = breakGlass({ ...ports, audit })({
      asked: approval.asked as Asked,
      breakGlass: input.breakGlass as never,
    });

    await expect(goes).rejects.toThrow("access denied");
  });

  it("says why in at least ten characters, and breaks nothing where nobody has to be waited for", async () => {
    const brief = { ...live, breakGlass: { who: "Ada", why: "hurry" } };
    expect(RestoreRequested.safeParse(brief).success).toBe(false);
    const { interlock } = await restoring({ plan: aPlan, request: alone });
    expect((await interlock()).approval.is).toBe("none");
  });
});

it("X9 is cancelled while it waits by whoever asked, and ends at once", async () => {
  const { ask, ports, restoreId, executions, heard, arn } = await restoring();
  await ask();
  executions.wait("token 1", (outcome) => {
    heard.push(outcome);
    executions.end(arn, "FAILED", { error: "RestoreCancelled" });
  });

  const { verdict } = await cancelRestore({ ...ports, patienceMs: 3_000, lookEveryMs: 10 })(
    { restoreId, because: "the wrong night was chosen" },
    "call of Ada",
  );

  expect(verdict).toBe("CANCELLED: app-db-live is as it was, nothing was swapped in");
  expect(heard).toEqual(["RestoreCancelled: cancelled by somebody: the wrong night was chosen"]);
});
