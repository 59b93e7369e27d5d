import { describe, expect, it } from "vitest";
import { acknowledge } from "#app/acknowledge.ts";
import { raiseAlarm, readAlarm } from "#app/alarm-log.ts";
import { announce } from "#app/announce.ts";
import { climbLadder } from "#app/climb-ladder.ts";
import type { Announcement, Severity } from "#domain/announcement.ts";
import { Ladder } from "#domain/escalation.ts";
import { AcknowledgeByHand } from "#events/by-hand.ts";
import { EscalationState } from "#events/escalation-state.ts";
import { layout, memoryWorld } from "../support/memory-world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const begin = new Date("2026-02-23T02:00:00Z");
const rungs = (...roles: [string, string][]) => roles.map(([after, role]) => ({ after, role }));
const escalation = {
  backups: Ladder.parse({
    codes: ["BackupFailed"],
    rungs: rungs(["0m", "devops"], ["15m", "database"], ["30m", "security"]),
  }),
  rest: Ladder.parse({ rungs: rungs(["0m", "devops"], ["60m", "management"]), statusEvery: "2h" }),
};
const contacts = { ada: { name: "Ada", phone: "+4930123456" }, grace: { email: "grace@example.com" } };
const role = { primary: "ada", secondary: "grace" };
const roles = { devops: role, database: role, security: role, management: { primary: "grace" } };

/** A stage whose machine is stepped by hand: each wait turns the clock by as much. */
function climbingWorld() {
  const world = memoryWorld();
  let now = begin.getTime();
  const asked: [string, string][] = [];
  const at = () => `${Math.round((now - begin.getTime()) / MINUTE)}m`;
  const ports = {
    ...world.ports,
    clock: () => new Date(now),
    plan: { ...world.ports.plan, contacts, roles, escalation },
    tellRole: async (to: string, _: Announcement) => void asked.push([at(), to]),
  };
  const tell = announce(ports);
  return {
    ...world,
    ports,
    asked,
    later: (milliseconds: number) => {
      now += milliseconds;
    },
    async raise(code: string, severity: Severity = "critical", requestId = `${code} ${now}`) {
      const detail = {
        stage: "test",
        code,
        source: "app-db",
        severity,
        problem: "x",
        message: "x",
        next: { say: "x" },
      };
      await tell({ happening: { type: "AlarmRaised", detail }, requestId });
    },
    async recover(code: string) {
      const detail = { stage: "test", code, source: "app-db", message: "well again" };
      await tell({ happening: { type: "AlarmRecovered", detail }, requestId: `${code} ends ${now}` });
    },
    /** Runs the machine from its input until it is over, or for so long. */
    async run(milliseconds = Number.POSITIVE_INFINITY) {
      const until = now + milliseconds;
      let state = EscalationState.parse(world.started.at(-1)?.input);
      for (;;) {
        const climb = await climbLadder(ports)(state);
        if (climb.isOver) return "over";
        if (now + climb.waitSeconds * 1000 > until) return "climbs";
        now += climb.waitSeconds * 1000;
        state = { alarm: climb.alarm, climbed: climb.climbed };
      }
    },
    take: (input: object) =>
      acknowledge(ports)(AcknowledgeByHand.parse({ source: "app-db", requestedBy: "Ada", ...input }), `call ${now}`),
    escalated: () => world.happened.flatMap(({ type, detail }) => (type === "AlarmEscalated" ? [detail] : [])),
  };
}

describe("an escalation", () => {
  it("AP-19 AS-29 climbs the ladder of its code by elapsed time, and asks the first and second contact of each rung", async () => {
    const world = climbingWorld();
    await world.raise("BackupFailed");

    expect(await world.run(HOUR)).toBe("climbs");

    expect(world.asked).toEqual([
      ["0m", "devops"],
      ["15m", "database"],
      ["30m", "security"],
    ]);
    expect(world.escalated()).toMatchObject([
      { role: "devops", contacts: ["Ada", "grace"], openFor: "0ms" },
      { role: "database", openFor: "15m" },
      { role: "security", openFor: "30m" },
    ]);
  });

  it.each([
    ["02:00 UTC on a Monday", "2026-02-23T02:00:00Z", "on-call"],
    ["07:59 in Berlin on a Monday", "2026-02-23T06:59:00Z", "on-call"],
    ["08:00 in Berlin on a Monday", "2026-02-23T07:00:00Z", "devops"],
    ["18:00 in Berlin on a Monday", "2026-02-23T17:00:00Z", "on-call"],
    ["08:00 in Berlin on a Monday in summer", "2026-07-20T06:00:00Z", "devops"],
    ["noon of a Sunday", "2026-02-22T11:00:00Z", "on-call"],
  ])("GL-18 asks at %s the role that the plan names for then", async (_, instant, asked) => {
    const world = climbingWorld();
    const hours = {
      timeZone: "Europe/Berlin",
      days: ["mon" as const],
      from: "08:00",
      to: "18:00",
      afterHours: "on-call",
    };
    const plan = {
      ...world.ports.plan,
      roles: { ...roles, devops: { ...role, hours }, "on-call": { primary: "grace" } },
    };
    await world.raise("BackupFailed");
    const { alarm } = EscalationState.parse(world.started[0]?.input);
    const rung = Ladder.parse({ rungs: rungs(["0m", "devops"]) });

    const ports = { ...world.ports, clock: () => new Date(instant), plan: { ...plan, escalation: { rung } } };
    const key = layout.alarmRecord("app-db", "BackupFailed", 1);
    const record = JSON.parse(new TextDecoder().decode(world.objects.get(key)));
    world.objects.set(
      key,
      new TextEncoder().encode(JSON.stringify({ ...record, openedAt: new Date(instant).toISOString() })),
    );
    await climbLadder(ports)({
      alarm: { ...alarm, openedAt: new Date(instant).toISOString() },
      climbed: { rungs: 0, statuses: 0 },
    });

    expect(world.asked.map(([, to]) => to)).toEqual([asked]);
    expect(world.escalated()).toMatchObject([
      { role: asked, contacts: asked === "devops" ? ["Ada", "grace"] : ["grace"] },
    ]);
  });

  it("climbs another ladder for every other code", async () => {
    const world = climbingWorld();
    await world.raise("RepositoryTampered");

    await world.run(HOUR + MINUTE);

    expect(world.asked).toEqual([
      ["0m", "devops"],
      ["60m", "management"],
    ]);
  });

  it("stops climbing when somebody acknowledges it; AP-11 how it stands is told every two hours while it is open", async () => {
    const world = climbingWorld();
    await world.raise("BackupFailed");
    await world.run(10 * MINUTE);

    const answer = await world.take({ code: "BackupFailed" });
    await world.run(5 * HOUR);

    expect(answer.verdict).toBe("BackupFailed of app-db is acknowledged by Ada: nobody further is told");
    expect(world.asked).toEqual([["0m", "devops"]]);
    expect(world.escalated().slice(1)).toMatchObject([
      { acknowledgedBy: "Ada", openFor: "2h" },
      { acknowledgedBy: "Ada", openFor: "4h" },
    ]);

    await world.recover("BackupFailed");
    expect(await world.run()).toBe("over");
  });

  it("is over when the alarm has ended, also by hand, and when it is another one by now", async () => {
    const world = climbingWorld();
    await world.raise("BackupFailed");
    await world.take({ code: "BackupFailed", resolved: true, because: "it was a test" });
    for (const happening of world.happened) await announce(world.ports)({ happening, requestId: "end" });

    expect(await world.run()).toBe("over");
    expect(world.told.at(-1)).toMatchObject({ happened: ["Ended by Ada, because: it was a test."] });

    const first = world.started.at(-1)?.input;
    world.later(2 * HOUR);
    await world.raise("BackupFailed");
    expect(world.started).toHaveLength(2);
    expect((await climbLadder(world.ports)(EscalationState.parse(first))).isOver).toBe(true);
    expect(world.asked).toEqual([]);
  });

  it("is begun once for an alarm that opens, and for no warning until it is critical", async () => {
    const world = climbingWorld();

    await world.raise("BackupFailed", "warning");
    expect(world.started).toEqual([]);
    await world.raise("BackupFailed", "critical", "one request");
    await world.raise("BackupFailed", "critical", "one request");
    await world.raise("BackupFailed", "critical");

    expect(world.started).toHaveLength(1);
  });

  it("tells nobody twice when a step is tried again", async () => {
    const world = climbingWorld();
    await world.raise("BackupFailed");
    const state = EscalationState.parse(world.started[0]?.input);

    await climbLadder(world.ports)(state);
    await climbLadder(world.ports)(state);

    expect(world.asked).toEqual([["0m", "devops"]]);
    expect(world.escalated()).toHaveLength(1);
  });

  it("ends after 18 hours, within the machine's own time", async () => {
    const world = climbingWorld();
    await world.raise("BackupFailed");

    expect(await world.run()).toBe("over");

    expect(world.ports.clock().getTime() - begin.getTime()).toBeLessThan(20 * HOUR);
    expect(world.escalated().filter(({ role: to }) => to === undefined)).toHaveLength(9);
  });

  it("is told to everybody with the command that acknowledges it", async () => {
    const world = climbingWorld();
    await world.raise("BackupFailed");
    await world.run(MINUTE);
    const [happening] = world.happened;
    if (happening) await announce(world.ports)({ happening, requestId: "escalated" });

    expect(world.told.at(-1)).toMatchObject({
      severity: "critical",
      title: "BackupFailed of app-db was escalated to devops",
      next: {
        command: `npx sls invoke --stage test -f acknowledge -d '{"source":"app-db","code":"BackupFailed","requestedBy":"your name"}'`,
      },
    });
  });
});

describe("acknowledging", () => {
  it("refuses what is not open, and names what is", async () => {
    const world = climbingWorld();
    await expect(world.take({ code: "BackupFailed" })).rejects.toThrow("is not open. No alarm is open.");

    await world.raise("RepositoryTampered");
    await expect(world.take({ code: "BackupFailed" })).rejects.toThrow(
      `Open are: RepositoryTampered of app-db since ${begin.toISOString()}.`,
    );
  });

  it("holds for the same problem, and not for a graver one", async () => {
    const world = climbingWorld();
    const key = { source: "app-db", code: "BackupLate" };
    const state = async () => (await readAlarm(world.ports, key))?.acknowledged?.claimed;
    await raiseAlarm(world.ports, key, { severity: "warning", problem: "x" }, "1");
    await world.take({ code: "BackupLate" });

    await raiseAlarm(world.ports, key, { severity: "warning", problem: "another" }, "2");
    expect(await state()).toBe("Ada");
    await raiseAlarm(world.ports, key, { severity: "critical", problem: "x" }, "3");
    expect(await state()).toBeUndefined();
  });
});
