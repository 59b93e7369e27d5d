import { describe, expect, it } from "vitest";
import { readAlarm } from "#app/alarm-log.ts";
import { announce } from "#app/announce.ts";
import { checkBackup } from "#app/check-backup.ts";
import { sweepRepository } from "#app/sweep-repository.ts";
import { scheduledBackupId } from "#domain/ids.ts";
import { layout, memoryWorld } from "../support/memory-world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const begin = new Date("2026-02-23T02:00:00Z");

/** A stage whose clock is turned by hand, and what people of it are told. */
function tellingWorld() {
  const world = memoryWorld();
  let now = begin.getTime();
  let events = 0;
  const ports = { ...world.ports, clock: () => new Date(now) };
  const tell = announce(ports);
  const machine = (name: string) => `arn:aws:states:us-east-1:0:stateMachine:holdfast-test-${name}`;
  const execution = (name: string, input: object) => {
    events++;
    return {
      executionArn: `arn:aws:states:us-east-1:0:execution:holdfast-test-${name}:run-${events}`,
      ...{ stateMachineArn: machine(name), name: `run-${events}`, input: JSON.stringify(input) },
    };
  };
  const happens = (happening: Parameters<typeof tell>[0]) => tell(happening);
  return {
    ...world,
    ports,
    later: (milliseconds: number) => {
      now += milliseconds;
    },
    at: () => new Date(now),
    /** A run of the schedule, or one by hand, in which these sources failed. */
    async fails(sources: string[], { byHand = false, some = false, requestId = `request-${events}` } = {}) {
      const input = {
        backup: "nightly",
        ...(byHand ? {} : { scheduledTime: new Date(now).toISOString() }),
        ...(some ? { sources } : {}),
      };
      const cause = sources.map((source) => `${source}: CommandFailed: no`).join("\n");
      const failed = { ...execution("backup", input), status: "FAILED" as const, error: "BackupFailed", cause };
      await tell({ execution: failed, requestId });
      return { execution: failed, requestId };
    },
    /** The point of a backup that began just now. */
    async isVerified(source: string, at = new Date(now)) {
      const backupId = scheduledBackupId("nightly", at);
      const detail = { stage: "test", backupId, source, bytes: 1 };
      const instants = { recoveredTo: at.toISOString(), verifiedAt: new Date(now).toISOString() };
      const happening = { type: "PointVerified" as const, detail: { ...detail, ...instants } };
      await happens({ happening, requestId: `verified-${events++}` });
    },
    async raise(code: string, more: { problem?: string; severity?: "warning" | "critical"; requestId?: string } = {}) {
      const { problem = "the same", requestId = `raise-${events++}`, ...severity } = more;
      const detail = {
        stage: "test",
        code,
        source: "app-db",
        problem,
        message: "x",
        next: { say: "look" },
        ...severity,
      };
      await happens({ happening: { type: "AlarmRaised", detail }, requestId });
    },
    async recover(code: string) {
      const detail = { stage: "test", code, source: "app-db", message: "It is well again." };
      await happens({ happening: { type: "AlarmRecovered", detail }, requestId: `recover-${events++}` });
    },
    succeeds: (name: string, input: object = {}) =>
      tell({ succeeded: { ...execution(name, input), status: "SUCCEEDED" }, requestId: `succeeds-${events}` }),
    stopped: (name: string, input: object = {}) =>
      tell({ execution: { ...execution(name, input), status: "FAILED" }, requestId: `stopped-${events}` }),
    state: (source: string, code: string) => readAlarm(ports, { source, code }),
    /** The titles of alarms and of their ends, as they came. */
    alarms: () => world.told.flatMap(({ alarm, title }) => (alarm ? [title] : [])),
  };
}

describe("the state of an alarm", () => {
  it("is opened by the first failure, quietly repeated, and ended once by the next point that is good", async () => {
    const world = tellingWorld();

    await world.fails(["app-db"]);
    world.later(HOUR);
    await world.fails(["app-db"]);
    world.later(HOUR);
    await world.isVerified("app-db");
    await world.isVerified("app-db");

    expect(world.alarms()).toEqual(["Backup nightly failed", "Recovered: BackupFailed of app-db"]);
    expect(world.told.find(({ alarm }) => alarm?.isOpen === false)).toMatchObject({
      severity: "warning",
      happened: ["A newer point, 2026-02-23-040000-nightly, was captured and read back."],
      next: { command: `npx sls invoke --stage test -f list-points -d '{"source":"app-db"}'` },
      figures: [{ value: "2026-02-23T02:00:00.000Z" }, { label: "for", value: "2h" }],
    });
    expect(await world.state("app-db", "BackupFailed")).toMatchObject({ isOpen: false, number: 2 });
  });

  it("is one per source: a run is told of when it is news for one of those that failed", async () => {
    const world = tellingWorld();

    await world.fails(["app-db"]);
    world.later(HOUR);
    await world.fails(["app-db", "sessions"]);
    await world.fails(["sessions"]);

    expect(world.told.map(({ alarm }) => alarm?.sources)).toEqual([["app-db"], ["sessions"]]);
  });

  it("is told of again while it is critical and comes up after the plan's remindAfter", async () => {
    const world = tellingWorld();

    for (let night = 0; night < 3; night++) {
      await world.fails(["app-db"]);
      await world.fails(["app-db"]);
      world.later(24 * HOUR);
    }
    await world.raise("BackupLate", { severity: "warning" });
    world.later(24 * HOUR);
    await world.raise("BackupLate", { severity: "warning" });

    expect(world.alarms()).toEqual([
      "Backup nightly failed",
      "Still: Backup nightly failed",
      "Still: Backup nightly failed",
      "BackupLate: app-db",
    ]);
  });

  it("says of every run that a person has started how it ended, whatever is open", async () => {
    const world = tellingWorld();

    await world.fails(["app-db"]);
    await world.fails(["app-db"], { byHand: true });
    await world.fails(["app-db"], { byHand: true });
    await world.fails(["app-db"], { some: true });

    expect(world.alarms()).toHaveLength(4);
  });

  it("does not end by a point that is older than the failure", async () => {
    const world = tellingWorld();
    world.later(HOUR);
    await world.fails(["app-db"]);

    await world.isVerified("app-db", begin);
    expect(await world.state("app-db", "BackupFailed")).toMatchObject({ isOpen: true });

    world.later(1_000);
    await world.isVerified("app-db");
    expect(await world.state("app-db", "BackupFailed")).toMatchObject({ isOpen: false });
  });

  it.each([
    ["drop", "DropFailed"],
    ["retention", "RetentionFailed"],
  ])("ends for the machine %s when it succeeds", async (machine, code) => {
    const world = tellingWorld();

    await world.stopped(machine);
    await world.stopped(machine);
    await world.succeeds(machine);
    await world.succeeds(machine);

    expect(world.told.map((one) => [one.code, one.alarm?.isOpen])).toEqual([
      [code, true],
      [code, false],
    ]);
  });

  it("of a sweep belongs to the place that it swept: one that goes well here ends none that failed in a copy", async () => {
    const world = tellingWorld();

    await world.stopped("retention", { where: "offsite" });
    await world.succeeds("retention", {});
    expect(await world.state("retention-offsite", "RetentionFailed")).toMatchObject({ isOpen: true });
    await world.succeeds("retention", { where: "offsite" });

    expect(await world.state("retention-offsite", "RetentionFailed")).toMatchObject({ isOpen: false });
    expect(world.told[0]).toMatchObject({
      title: expect.stringContaining("Sweep of retention-offsite"),
      next: { command: `npx sls invoke --stage test -f plan-retention -d '{"where":"offsite"}'` },
    });
  });

  it("takes another problem of the same code, and a graver one, for news", async () => {
    const world = tellingWorld();

    await world.raise("BackupLate", { severity: "warning" });
    await world.raise("BackupLate", { severity: "warning", problem: "another" });
    await world.raise("BackupLate", { severity: "critical" });
    await world.raise("BackupLate", { severity: "warning" });

    expect(world.told.map(({ severity }) => severity)).toEqual(["warning", "warning", "critical"]);
    expect(await world.state("app-db", "BackupLate")).toMatchObject({ severity: "critical", number: 3 });
  });

  it("A5 is flapping when it comes back soon: told once more, and its end only when it has stayed away for an hour", async () => {
    const world = tellingWorld();

    for (let time = 0; time < 5; time++) {
      await world.raise("BackupLate");
      world.later(MINUTE);
      await world.recover("BackupLate");
      world.later(MINUTE);
    }
    expect(world.alarms()).toEqual([
      "BackupLate: app-db",
      "Recovered: BackupLate of app-db",
      "Again: BackupLate: app-db",
    ]);

    world.later(HOUR);
    const ports = { ...world.ports, check: checkBackup({ ...world.ports, verifyMachine: "arn:verify" }) };
    await sweepRepository(ports)({ lostAfterMinutes: 5 });
    for (const happening of [...world.happened, ...world.happened])
      await announce(world.ports)({ happening, requestId: `swept-${Math.random()}` });

    expect(world.alarms().slice(3)).toEqual(["Recovered: BackupLate of app-db"]);
    await sweepRepository(ports)({ lostAfterMinutes: 5 });
    expect(world.happened).toHaveLength(1);
  });

  it("A5 makes one recovery notice of one failure and one success, however often either is told of", async () => {
    const world = tellingWorld();

    for (const _ of [1, 2, 3]) await world.raise("BackupLate");
    for (const _ of [1, 2, 3]) await world.recover("BackupLate");

    expect(world.alarms()).toEqual(["BackupLate: app-db", "Recovered: BackupLate of app-db"]);
  });

  it("is opened anew, and told, when it comes back after a calm hour", async () => {
    const world = tellingWorld();
    await world.raise("BackupLate");
    await world.recover("BackupLate");

    world.later(HOUR);
    await world.raise("BackupLate");

    expect(world.alarms().at(-1)).toBe("BackupLate: app-db");
  });

  it("A2 is told by the retry of the request that opened it and could not be delivered", async () => {
    const world = tellingWorld();
    const broken = announce({
      ...world.ports,
      channels: [{ name: "first", tell: () => Promise.reject(new Error("Slack is down")) }],
    });
    const detail = {
      stage: "test",
      code: "BackupLate",
      source: "app-db",
      problem: "x",
      message: "x",
      next: { say: "x" },
    };
    const event = { happening: { type: "AlarmRaised" as const, detail }, requestId: "the one" };

    await expect(broken(event)).rejects.toThrow("Slack is down");
    await announce(world.ports)({ ...event, requestId: "another, of the same problem" });
    expect(world.told).toEqual([]);
    await announce(world.ports)(event);

    expect(world.alarms()).toEqual(["BackupLate: app-db"]);
  });

  it("is opened once by a crowd that comes at the same time", async () => {
    const world = tellingWorld();

    await Promise.all(Array.from({ length: 20 }, () => world.raise("BackupLate")));
    await Promise.all(Array.from({ length: 20 }, () => world.recover("BackupLate")));

    expect(world.alarms()).toEqual(["BackupLate: app-db", "Recovered: BackupLate of app-db"]);
  });

  it("is none when its record can't be read: what comes next is told", async () => {
    const world = tellingWorld();
    world.objects.set(layout.alarmRecord("app-db", "BackupLate", 1), new TextEncoder().encode("not a record"));
    world.objects.set(`${layout.alarm("app-db", "BackupLate")}zzz.txt`, new Uint8Array());

    await world.raise("BackupLate");

    expect(world.alarms()).toEqual(["BackupLate: app-db"]);
    expect(await world.state("app-db", "BackupLate")).toMatchObject({ number: 2, isOpen: true });
  });
});

describe("A2 a channel that takes no messages", () => {
  /** Slack refuses until it is mended; `second` takes everything. */
  function worldWithSlack() {
    const world = tellingWorld();
    const slack = { isDown: true, told: [] as string[] };
    const channel = {
      name: "slack",
      tell: async ({ title }: { title: string }) => {
        if (slack.isDown) throw new Error("Slack answered 404");
        slack.told.push(title);
      },
    };
    const tell = announce({ ...world.ports, channels: [...world.ports.channels, channel] });
    const raise = (code: string, requestId: string) => {
      const detail = { stage: "test", code, source: "app-db", problem: "x", message: "x", next: { say: "x" } };
      return tell({ happening: { type: "AlarmRaised", detail }, requestId });
    };
    return { ...world, slack, raise };
  }

  it("is told of once by the others, as critical, however many messages it refuses", async () => {
    const world = worldWithSlack();

    for (const request of ["a", "a", "a"]) await expect(world.raise("BackupLate", request)).rejects.toThrow("404");
    await expect(world.raise("CopyLate", "b")).rejects.toThrow("404");

    expect(world.told.map(({ code, severity }) => [code, severity])).toEqual([
      ["BackupLate", "critical"],
      ["ChannelFailed", "critical"],
      ["CopyLate", "critical"],
    ]);
    expect(world.told[1]).toMatchObject({ happened: ["Slack answered 404", expect.any(String)] });
  });

  it("is well again with the first message that it takes, and that is told once", async () => {
    const world = worldWithSlack();
    await expect(world.raise("BackupLate", "a")).rejects.toThrow("404");

    world.slack.isDown = false;
    await world.raise("BackupLate", "a");
    await world.raise("CopyLate", "b");

    expect(world.slack.told).toEqual(["BackupLate: app-db", "CopyLate: app-db"]);
    expect(world.alarms().filter((title) => title.includes("Recovered"))).toEqual([
      "Recovered: ChannelFailed of slack",
    ]);
  });

  it("hears what the plan routes to it, and the end of an alarm where the alarm was told", async () => {
    const world = tellingWorld();
    const second: string[] = [];
    const channels = [
      ...world.ports.channels,
      { name: "pagerduty", tell: async ({ title }: { title: string }) => void second.push(title) },
    ];
    const tell = { routes: { warning: ["slack" as const], critical: ["pagerduty" as const] } };
    const send = announce({ ...world.ports, channels, plan: { ...world.ports.plan, tell } });
    const detail = { stage: "test", source: "app-db", message: "x" };
    const raised = { ...detail, problem: "x", next: { say: "x" } };
    for (const [code, severity] of [
      ["Late", "warning"],
      ["Broken", "critical"],
    ] as const) {
      await send({ happening: { type: "AlarmRaised", detail: { ...raised, code, severity } }, requestId: code });
      await send({ happening: { type: "AlarmRecovered", detail: { ...detail, code } }, requestId: `${code} ends` });
    }

    expect(second).toEqual(["Broken: app-db", "Recovered: Broken of app-db"]);
  });
});
