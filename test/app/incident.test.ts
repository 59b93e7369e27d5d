import { describe, expect, it } from "vitest";
import { endAlarm, raiseAlarm, readAlarm } from "#app/alarm-log.ts";
import { announce } from "#app/announce.ts";
import { closeIncident } from "#app/close-incident.ts";
import { describeIncident } from "#app/describe-incident.ts";
import { openIncident } from "#app/open-incident.ts";
import { openIncidentOfAlarm } from "#app/open-incident-of-alarm.ts";
import { readHolds } from "#app/read-holds.ts";
import { createSigned } from "#app/signed-objects.ts";
import { tickStep } from "#app/tick-step.ts";
import { RestoreId } from "#domain/ids.ts";
import { IncidentByHand, IncidentById, IncidentEndByHand, StepByHand } from "#events/by-hand.ts";
import { layout } from "../support/memory-world.ts";
import { havePoint, now, type RetentionWorld, retentionWorld } from "../support/retention-world.ts";

const MINUTE = 60_000;
const suspectedSince = new Date(now.getTime() - 60 * MINUTE).toISOString();
const reported = {
  ...{ what: "corrupt", source: "app-db", impact: "High", suspectedSince, requestedBy: "Ada" },
  summary: "wrong totals <script>",
};
const conclusion = {
  ...{ requestedBy: "Grace", rootCause: "a migration rounded totals", actions: ["it was restored"] },
  lessons: ["try migrations on a copy"],
};
const at = (minutes: number) => new Date(now.getTime() + minutes * MINUTE);

const open = (world: RetentionWorld, more: object = {}, call = "call 1") =>
  openIncident(world.ports)(IncidentByHand.parse({ ...reported, ...more }), call);
const look = (world: RetentionWorld, incidentId: unknown) =>
  describeIncident(world.ports)(IncidentById.parse({ incidentId }));
const close = (world: RetentionWorld, incidentId: unknown) =>
  closeIncident(world.ports)(IncidentEndByHand.parse({ incidentId, ...conclusion }), "call 9");

/** 2.3 + 4.7 + 1.2 + 0.8 minutes, from ten minutes after the incident was opened. */
async function restored(world: RetentionWorld) {
  const restoreId = RestoreId.parse("2026-11-22-041000-k3x9");
  const key = layout.evidence(restoreId);
  const body = JSON.stringify({
    ...{ schema: 1, restoreId, source: "app-db", target: "app-db-live", backupId: "2026-11-22-020000-nightly" },
    ...{ recoveredTo: new Date(now.getTime() - 120 * MINUTE).toISOString(), safetyBackupId: null },
    ...{ requestedBy: { claimed: null, execution: "arn:x" }, noSafetyBecause: null, factsCompared: 3 },
    ...{ startedAt: at(10).toISOString(), finishedAt: at(19).toISOString(), putThere: [], kept: [], notes: [] },
    phases: { fetch: 138, load: 282, compare: 72, swap: 48 },
  });
  await createSigned(world.ports, key, (hash) => layout.proofSignature(key, hash), body);
  return restoreId;
}

describe("an incident", () => {
  it("AP-21 has the next number of its day, and holds the points from before it before it is anything else", async () => {
    const world = retentionWorld();
    await havePoint(world, new Date(now.getTime() - 120 * MINUTE));

    const first = await open(world);
    const second = await open(world, { source: "sessions" }, "call 2");

    expect(first.figures["incidentId"]).toBe("DR-2026-11-22-001");
    expect(second.figures["incidentId"]).toBe("DR-2026-11-22-002");
    const held = (await readHolds(world.ports)).find(({ scope }) => scope.source === "app-db");
    expect(held).toMatchObject({ scope: { source: "app-db", to: suspectedSince }, until: null });
    expect(first.verdict).toContain(`Its points up to ${suspectedSince} are held by ${held?.holdId}`);
    expect(first.next.split("\n")[0]).toBe(
      `npx sls invoke --stage test -f what-now -d '{"what":"corrupt","source":"app-db","since":"${suspectedSince}"}'`,
    );
  });

  it("AP-21 IS-18 is reported with its timeline, the minutes of each phase, and RTO and RPO beside the plan's", async () => {
    const world = retentionWorld();
    const { incidentId } = (await open(world)).figures;
    world.time.at = at(5);
    await raiseAlarm(
      world.ports,
      { source: "app-db", code: "BackupFailed" },
      { severity: "critical", problem: "x" },
      "1",
    );
    await raiseAlarm(
      world.ports,
      { source: "sessions", code: "BackupFailed" },
      { severity: "critical", problem: "x" },
      "1",
    );
    const restoreId = await restored(world);
    world.time.at = at(30);

    const answer = await close(world, incidentId);

    const report = String((answer.figures["report"] as string[]).join("\n"));
    const lines = [...report.matchAll(/^- (\S+Z) (.*)$/gm)].map(([, when, what]) => `${when} ${what}`);
    expect(lines).toEqual([
      `${suspectedSince} suspected begin`,
      `${now.toISOString()} incident opened by Ada`,
      `${at(5).toISOString()} alarm BackupFailed of app-db: opened`,
      `${at(10).toISOString()} restore ${restoreId} into app-db-live begun`,
      `${at(19).toISOString()} restore ${restoreId} finished: app-db-live holds the point`,
      `${at(30).toISOString()} incident closed by Grace`,
    ]);
    for (const row of ["| fetch | 2.3 min |", "| load | 4.7 min |", "| compare | 1.2 min |", "| swap | 0.8 min |"])
      expect(report).toContain(row);
    expect(report).toContain("| total | 9.0 min |");
    expect(report).toContain("- RTO achieved: 9m (within 30m); restored 19m after the incident was opened");
    expect(report).toContain("- RPO achieved: 1h of data (within 24h)");
    expect(report).toContain("- Summary: wrong totals \\<script\\>");
    expect(report).toMatch(/## Root cause\n\n- a migration rounded totals\n\n## Actions\n\n- it was restored/);
    const stored = world.objects.get(layout.incidentReport(incidentId as never));
    expect(new TextDecoder().decode(stored)).toBe(report);
  });

  it("can be looked at while it is open, and names the command that closes it", async () => {
    const world = retentionWorld();
    const { incidentId } = (await open(world)).figures;

    const answer = await look(world, incidentId);

    expect(answer.verdict).toBe(`${incidentId} is open: app-db corrupt, High`);
    expect(answer.figures["report"]).toEqual(expect.arrayContaining(["Nothing was restored yet.", "Not said yet."]));
    expect(answer.next).toContain("-f close-incident");
  });

  it("is closed once, and what it holds stays held", async () => {
    const world = retentionWorld();
    const { incidentId, holdId } = (await open(world)).figures;

    const answer = await close(world, incidentId);

    expect(answer.next).toContain(`-f release-hold -d '{"holdId":"${holdId}"`);
    expect(await readHolds(world.ports)).toHaveLength(1);
    await expect(close(world, incidentId)).rejects.toThrow("was closed at");
    expect((await look(world, incidentId)).verdict).toContain("is closed");
  });

  it("refuses an incident that is not there, or is not signed by us, and names those that are", async () => {
    const world = retentionWorld();
    const { incidentId } = (await open(world)).figures;

    await expect(look(world, "DR-2026-11-22-007")).rejects.toThrow("there are: DR-2026-11-22-001");
    world.objects.set(layout.incident(incidentId as never), new TextEncoder().encode("{}"));
    await expect(look(world, incidentId)).rejects.toThrow("there is no incident");
    await expect(open(world, { source: "nobody" })).rejects.toThrow("there is no source");
  });
});

describe("the checklist of an incident", () => {
  it("AP-22 has eleven steps, each with who ticked it first, and names the next", async () => {
    const world = retentionWorld();
    const { incidentId } = (await open(world)).figures;
    const tick = (step: string, requestedBy: string, note?: string) =>
      tickStep(world.ports)(StepByHand.parse({ incidentId, step, requestedBy, note }), `call of ${requestedBy}`);

    await tick("isolated", "Ada", "the [web] service stands still");
    const again = await tick("isolated", "Grace");
    const answer = await look(world, incidentId);

    const report = answer.figures["report"] as string[];
    const boxes = report.filter((line) => line.startsWith("- ["));
    expect(boxes).toHaveLength(11);
    expect(boxes.filter((line) => line.startsWith("- [x]"))).toEqual([
      `- [x] isolated: nothing makes it worse: writers are stopped, an attacker's rights are taken away (Ada, ${now.toISOString()}: the \\[web\\] service stands still)`,
    ]);
    expect(report).toContain(`- ${now.toISOString()} step isolated done by Ada: the \\[web\\] service stands still`);
    expect(again.verdict).toBe(`isolated was done already, by Ada at ${now.toISOString()}`);
    expect(answer.next).toContain(`-f tick-step -d '{"incidentId":"${incidentId}","step":"assessed"`);

    await close(world, incidentId);
    await expect(tick("restored", "Ada")).rejects.toThrow("was closed at");
  });
});

describe("one incident per source", () => {
  it("refuses a second one by hand, and gives a retry of the same call the first", async () => {
    const world = retentionWorld();
    const first = await open(world);

    await expect(open(world, {}, "call 2")).rejects.toThrow("app-db has an open incident, DR-2026-11-22-001");
    expect((await open(world)).verdict).toBe(first.verdict);

    expect(await readHolds(world.ports)).toHaveLength(1);
    await close(world, first.figures["incidentId"]);
    expect((await open(world, {}, "call 3")).figures["incidentId"]).toBe("DR-2026-11-22-002");
  });

  it("is one when two open it at once, and one hold stays", async () => {
    const world = retentionWorld();

    const both = await Promise.allSettled([open(world, {}, "call 1"), open(world, {}, "call 2")]);

    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(await readHolds(world.ports)).toHaveLength(1);
  });

  it("may be of all sources, and then holds and tells of all", async () => {
    const world = retentionWorld();

    const { figures, verdict } = await open(world, { source: "repository", what: "attacked" });

    expect(verdict).toContain("DR-2026-11-22-001 is open: repository attacked");
    const [held] = await readHolds(world.ports);
    expect(held?.scope).toEqual({ to: suspectedSince });
    await raise(world, "BackupLate", { source: "sessions" });
    const { report } = (await look(world, figures["incidentId"])).figures;
    expect(report).toContainEqual(expect.stringContaining("alarm BackupLate of sessions: opened"));
  });
});

const DAMAGE = { incidents: { Damage: "corrupt" as const } };
const raise = async (world: RetentionWorld, code: string, more: { source?: string; severity?: "warning" } = {}) => {
  const { source = "app-db", severity = "critical" as const } = more;
  const by = `${code} ${world.time.at.getTime()}`;
  const record = await raiseAlarm(world.ports, { source, code }, { severity, problem: by }, by);
  return layout.alarmRecord(source, code, record?.number ?? 0);
};
const written = (world: RetentionWorld, key: string, call = "an event") =>
  openIncidentOfAlarm({ ...world.ports, plan: { ...world.ports.plan, ...DAMAGE } })(key, call);

describe("an alarm", () => {
  it("AP-21 opens an incident where the plan names it, which is told once; what comes later belongs to that", async () => {
    const world = retentionWorld();
    const key = await raise(world, "Damage");

    const incidentId = await written(world, key);
    await written(world, key);
    world.time.at = at(1);
    for (const code of ["Damage", "Other"]) await written(world, await raise(world, code), `another event of ${code}`);

    expect(incidentId).toBe("DR-2026-11-22-001");
    for (const happening of world.happened)
      await announce(world.ports)({ happening, requestId: Math.random().toString() });
    expect(world.told).toMatchObject([
      {
        title: "DR-2026-11-22-001 is open: app-db corrupt",
        severity: "warning",
        next: {
          command: `npx sls invoke --stage test -f what-now -d '{"what":"corrupt","source":"app-db","since":"${now.toISOString()}"}'`,
        },
      },
    ]);
    const { report } = (await look(world, incidentId)).figures;
    for (const what of [
      "alarm Damage of app-db: opened",
      "alarm Damage of app-db: also",
      "alarm Other of app-db: opened",
    ])
      expect(report).toContainEqual(expect.stringContaining(what));
    expect(await readHolds(world.ports)).toHaveLength(1);
  });

  it("opens none for what was open while there was one, though that has been closed", async () => {
    const world = retentionWorld();
    const key = await raise(world, "Damage");
    const incidentId = await written(world, key);
    world.time.at = at(5);
    await close(world, incidentId);

    expect(await written(world, key, "the same event, late")).toBe(incidentId);
    world.time.at = at(10);
    expect(await written(world, await raise(world, "Damage"), "it has come up again")).toBe(incidentId);

    await endAlarm(world.ports, { source: "app-db", code: "Damage" }, "over");
    world.time.at = at(300);
    expect(await written(world, await raise(world, "Damage"), "a new one")).toBe("DR-2026-11-22-002");
  });

  it("opens none that is a warning, over by then, of nothing that can be restored, or not in the plan", async () => {
    const world = retentionWorld();
    const over = await raise(world, "Damage");
    await endAlarm(world.ports, { source: "app-db", code: "Damage" }, "over");

    for (const key of [
      over,
      await raise(world, "Damage", { source: "slack" }),
      await raise(world, "Damage", { source: "sessions", severity: "warning" }),
      await raise(world, "Other"),
      "test/alarms/app-db/Damage/000099.json",
    ])
      expect(await written(world, key), key).toBeUndefined();

    expect(await readAlarm(world.ports, { source: "app-db", code: "Other" })).toMatchObject({ isOpen: true });
    expect(await readHolds(world.ports)).toEqual([]);
  });
});
