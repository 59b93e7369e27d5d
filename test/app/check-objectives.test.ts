import { describe, expect, it } from "vitest";
import { announce } from "#app/announce.ts";
import { checkObjectives } from "#app/check-objectives.ts";
import { backupMachine, memoryExecutions } from "../support/memory-executions.ts";
import { aPlan } from "../support/memory-world.ts";
import { havePoint, now, retentionWorld } from "../support/retention-world.ts";

const HOUR = 3_600_000;
const at = (hours: number) => new Date(now.getTime() + hours * HOUR);

/** A stage of one source, whose newest verified point was taken at `now`, 04:00, and whose runs are due at 02:00. */
async function aStage(objective: object = {}) {
  const world = retentionWorld();
  const step = memoryExecutions();
  const { "app-db": source } = aPlan.sources;
  if (!source) throw new Error("the plan has lost app-db");
  const plan = {
    ...aPlan,
    sources: { "app-db": source },
    backups: { nightly: { schedule: "0 2 * * *", sources: ["app-db"] } },
    objectives: { "app-db": { rpo: "24h", rto: "1h", ...objective } },
  };
  await havePoint(world, now);
  let delivered = 0;
  const ports = { ...world.ports, plan, executions: step.ports.executions, backupMachine };
  return {
    ...world,
    ...{
      begin: step.begin,
      end: step.end,
      alarms: () => world.happened.flatMap(({ type, detail }) => (type === "AlarmRaised" ? [detail] : [])),
    },
    /** As the bus would, twice. */
    async deliver() {
      for (const happening of world.happened.splice(0)) {
        const requestId = `request-${delivered++}`;
        for (const told of [happening, happening]) await announce(ports)({ happening: told, requestId });
      }
    },
    check: (when: Date) => {
      world.time.at = when;
      return checkObjectives(ports)();
    },
  };
}

describe("check-objectives", () => {
  it("GL-12 answers with the age, what was achieved, the next run and the objective of each source, and measures the age", async () => {
    const stage = await aStage();
    await havePoint(stage, at(22));

    const { verdict, figures, next } = await stage.check(at(23));

    expect(verdict).toBe("Every source meets its RPO");
    expect(figures["objectives"]).toEqual([
      {
        source: "app-db",
        verdict: "met",
        rpoSeconds: 86_400,
        newest: {
          backupId: "2026-11-23-020000-nightly",
          recoveredTo: "2026-11-23T02:00:00.000Z",
          ageSeconds: 3_600,
          breaksAt: "2026-11-24T02:00:00.000Z",
        },
        achievedSeconds: 22 * 3_600,
        underWay: undefined,
        nextRun: "2026-11-24T02:00:00.000Z",
      },
    ]);
    expect(figures["table"]).toContainEqual(expect.stringMatching(/app-db +│ 24h +│ 2026-11-23 02:00 +│ 1h +│ 22h/));
    expect(next).toBe("Nothing.");
    expect(stage.measured).toContainEqual({ source: "app-db", backup_age_seconds: 3_600, backup_objective_met: 1 });
    expect(stage.alarms()).toEqual([]);
    expect(stage.started).toEqual([]);
  });

  it("C4 GL-13 SK-6 raises BackupTooOld when the RPO is broken, and starts a backup of that source once", async () => {
    const stage = await aStage();

    await stage.check(at(23.9));
    const { verdict } = await stage.check(at(24));
    await stage.check(at(25));

    expect(verdict).toBe("The RPO of app-db is broken");
    const [first, second] = stage.alarms().filter(({ severity }) => severity === "critical");
    expect(first).toMatchObject({ code: "BackupTooOld", source: "app-db", message: expect.stringContaining("1d ago") });
    expect(second?.problem).toBe(first?.problem);
    expect(stage.started).toEqual([
      { name: expect.stringMatching(/^too-old-/), input: { backup: "nightly", sources: ["app-db"] } },
    ]);
    expect(stage.measured.at(-1)).toMatchObject({ backup_objective_met: 0 });
  });

  it("GL-13 warns at 20 of 24 hours that nothing will mend it in time, with the command that does", async () => {
    const stage = await aStage(); // taken at 04:00, and the run of 02:00 is over before it: it broke at 04:00

    await stage.check(at(19.9));
    expect(stage.alarms()).toEqual([]);
    await stage.check(at(23.5));

    expect(stage.alarms()).toEqual([
      expect.objectContaining({
        ...{ code: "BackupTooOld", severity: "warning" },
        message: expect.stringContaining("will be broken at 2026-11-23T04:00:00.000Z"),
        next: {
          say: "back up at once:",
          command: expect.stringContaining('-f start-backup -d \'{"backup":"nightly","sources":["app-db"]}\''),
        },
      }),
    ]);
    expect(stage.started).toEqual([]);
  });

  it("GL-13 starts no backup beside a run that captures the source, and does when that has ended; a safety point is no such run", async () => {
    const stage = await aStage();
    const safety = { safetyFor: "2026-11-23-030000-k3x9", target: "app-db-live", holds: ["app"] };
    stage.begin(backupMachine, "a-safety-point", safety);
    const running = stage.begin(backupMachine, "by-hand", { backup: "nightly" });

    await stage.check(at(24.5));
    expect(stage.started).toEqual([]);
    stage.end(running.arn, "FAILED");
    await stage.check(at(25.5));

    expect(stage.started).toHaveLength(1);
  });

  it("GL-13 starts another backup at another break, and none where the plan says so", async () => {
    const stage = await aStage();
    await stage.check(at(24));
    await havePoint(stage, at(24.5));
    await stage.check(at(49));
    const quiet = await aStage({ backUpAtOnce: false });

    await quiet.check(at(24));

    expect(stage.started).toHaveLength(2);
    expect(quiet.started).toEqual([]);
    expect(quiet.alarms()[0]?.next.command).toContain("-f start-backup");
  });

  it("A5 tells that it is over once, however often it looks, by the alarm's own record", async () => {
    const stage = await aStage();
    await stage.check(at(24));
    await stage.deliver();
    await havePoint(stage, at(24.5));

    for (const hour of [25, 26, 27]) {
      await stage.check(at(hour));
      await stage.deliver();
    }

    const alarms = stage.told.filter(({ severity }) => severity !== "info");
    expect(alarms.map(({ title }) => title)).toEqual(["BackupTooOld: app-db", "Recovered: BackupTooOld of app-db"]);
    expect(alarms[1]?.happened).toEqual([expect.stringContaining("app-db meets its RPO again")]);
  });

  it("A4 says that a source without any verified point is broken, and that a run which has begun has its time", async () => {
    const stage = await aStage();
    stage.objects.clear();
    await stage.check(at(1));
    expect(stage.alarms()[0]?.message).toContain("app-db has no verified point");

    const other = await aStage();
    await other.ports.repository.create(other.ports.layout.claim("2026-11-23-020000-nightly"), "{}");
    await other.check(at(22.5));
    expect(other.alarms()).toEqual([]);
  });
});
