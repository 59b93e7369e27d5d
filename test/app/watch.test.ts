import { describe, expect, it } from "vitest";
import { announce } from "#app/announce.ts";
import { pointsOf } from "#app/catalog.ts";
import { CALLED_BY_RULES } from "#app/look-at-settings.ts";
import { createSigned } from "#app/signed-objects.ts";
import { watch } from "#app/watch.ts";
import { type BackupId, scheduledBackupId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { Watched } from "#ports/watched.ts";
import { memoryExecutions } from "../support/memory-executions.ts";
import { aPlan, layout } from "../support/memory-world.ts";
import { havePoint, retentionWorld } from "../support/retention-world.ts";
import { templateBucket } from "../support/template-bucket.ts";

const HOUR = 3_600_000;
const deployed = new Date("2026-11-20T00:00:00Z"); // a Friday
const at = (hours: number) => new Date(deployed.getTime() + hours * HOUR);
const retentionMachine = "arn:retention";

/** A stage that was deployed at midnight, whose backup runs at 02:00 and whose sweep on Sundays at 04:00. */
function aStage(tell: object = {}, more: Partial<Plan> = {}) {
  const world = retentionWorld();
  const step = memoryExecutions();
  const { "app-db": source } = aPlan.sources;
  if (!source) throw new Error("the plan has lost app-db");
  const plan = {
    ...world.ports.plan,
    sources: { "app-db": source },
    backups: { nightly: { schedule: "0 2 * * *", sources: ["app-db"] } },
    objectives: { "app-db": { rpo: "24h", rto: "1h" } },
    tell: { email: ["ada@example.com"], slack: { webhookSecret: "arn:s", webhookOrigin: "https://s" }, ...tell },
    ...more,
  };
  const its = {
    bucket: templateBucket(),
    schedules: new Map([
      [
        "holdfast-test-nightly",
        { state: "ENABLED", expression: "cron(0 2 * * ? *)", timezone: "UTC", changedAt: deployed },
      ],
      [
        "holdfast-test_retention",
        { state: "ENABLED", expression: "cron(0 4 ? * 1 *)", timezone: "UTC", changedAt: deployed },
      ],
    ]),
    rules: CALLED_BY_RULES.map((name) => ({ name: `holdfast-test-${name}-rule-1`, isEnabled: true })),
    subscriptions: [{ endpoint: "ada@example.com", isConfirmed: true }],
    depth: 0,
  };
  const watched: Watched = {
    bucket: async () => its.bucket,
    schedule: async (name) => its.schedules.get(name),
    rules: async () => its.rules,
    subscriptions: async () => its.subscriptions,
    depth: async () => its.depth,
  };
  const signals: { isWell: boolean; text: string }[] = [];
  const deaf = new Set<string>();
  const channels = ["sns", "slack"].map((name) => ({
    name,
    tell: async (announcement: (typeof world.told)[number]) => {
      if (deaf.has(name)) throw new Error(`${name} is deaf`);
      if (name === "sns") world.told.push(announcement);
    },
  }));
  const ports = {
    ...{ ...world.ports, plan, watched, retentionMachine, channels },
    executions: step.ports.executions,
    topics: { warning: "arn:warning", critical: "arn:critical" },
    deadLetters: "queue",
    deadMan: { signal: async (isWell: boolean, text: string) => void signals.push({ isWell, text }) },
  };
  let requests = 0;
  return {
    ...{ ...world, ports, its, signals, deaf, watched, begin: step.begin },
    havePoint: (when: Date) => havePoint(world, when),
    look: async (when: Date) => {
      world.time.at = when;
      const answer = await watch(ports)();
      for (const happening of world.happened.splice(0))
        await announce(ports)({ happening, requestId: `request-${requests++}` }).catch(() => {});
      return answer;
    },
    alarms: () => world.told.filter(({ severity }) => severity !== "info").map(({ title }) => title),
  };
}

describe("the watcher", () => {
  it("GL-12 signals that all is well when it has looked at everything, with the runs of 7 days, and tells nobody", async () => {
    const stage = aStage();
    await stage.havePoint(at(2));

    const { verdict, figures } = await stage.look(at(12));

    expect(verdict).toBe("All is as the plan says");
    expect(figures["runsOf7Days"]).toEqual({ "app-db": "1 of 1" });
    expect(stage.signals).toEqual([{ isWell: true, text: "All is as the plan says." }]);
    expect(stage.alarms()).toEqual([]);
  });

  it("A4 SK-6 tells of a run that did not come, once, and of its end when the next one goes well", async () => {
    const stage = aStage();

    for (const hours of [2.2, 2.5, 3, 4]) await stage.look(at(hours));
    await stage.havePoint(at(26));
    for (const hours of [27, 28]) await stage.look(at(hours));

    expect(stage.alarms()).toEqual(["RunOverdue: app-db", "Recovered: RunOverdue of app-db"]);
    expect(stage.told.find(({ code }) => code === "RunOverdue")?.severity).toBe("warning");
    expect(stage.signals.map(({ isWell }) => isWell)).toEqual([true, false, false, false, true, true]);
  });

  it("expects no run of before the schedule was as it is, and none of a schedule that is gone, which it tells of", async () => {
    const stage = aStage();
    stage.its.schedules.delete("holdfast-test-nightly");

    await stage.look(at(100));

    expect(stage.alarms()).toEqual(["RunOverdue: retention", "SettingsDrifted: schedules"]);
    expect(stage.told.at(-1)?.happened).toEqual(["the schedule holdfast-test-nightly is gone."]);
  });

  it("tells of a sweep that did not begin, by its executions", async () => {
    const stage = aStage();
    await stage.havePoint(at(26));
    await stage.havePoint(at(50));
    stage.begin(retentionMachine, "last-week", {}, at(10));
    await stage.look(at(52.5));
    expect(stage.alarms()).toEqual(["RunOverdue: retention"]);

    stage.begin(retentionMachine, "now", {}, at(52));
    await stage.look(at(52.6));

    expect(stage.alarms().at(-1)).toBe("Recovered: RunOverdue of retention");
  });

  describe("where the plan has a copy with policies of its own", () => {
    const retention = { default: { days: 90, count: 2 }, sources: {} };
    const offsite = { bucket: "holdfast-offsite", region: "eu-central-1", readBack: "checksums" as const, retention };
    const copying = () => {
      const stage = aStage({}, { copies: { offsite } });
      const schedule = { state: "ENABLED", timezone: "UTC", changedAt: deployed };
      stage.its.schedules.set("holdfast-test_copy", { ...schedule, expression: "cron(45 5 * * ? *)" });
      stage.its.schedules.set("holdfast-test_retention_offsite", { ...schedule, expression: "cron(0 4 ? * 1 *)" });
      stage.its.rules.push({ name: "holdfast-test-copy-when-verified", isEnabled: true });
      const copied = async (backupId: BackupId) => {
        const [point] = (await pointsOf(stage.ports, backupId)).points;
        const { bucket, region } = offsite;
        const what = { schema: 1, backupId, source: "app-db", manifestSha256: point?.manifestSha256, copy: "offsite" };
        const how = { bucket, region, readBackAt: at(3).toISOString(), bytes: 15, by: "checksums" };
        const key = layout.proof(backupId, "app-db", "copied", `offsite-${stage.ports.clock().getTime()}`);
        await createSigned(
          stage.ports,
          key,
          (hash) => layout.proofSignature(key, hash),
          JSON.stringify({ ...what, ...how }),
        );
      };
      return { ...stage, copied };
    };
    const findings = async (stage: ReturnType<typeof copying>, when: Date) =>
      JSON.stringify((await stage.look(when)).figures["findings"]);

    it("AP-6 GL-12 tells of a point that is verified and not copied within 12 hours, whatever became of the copy, until it is", async () => {
      const stage = copying();
      const backupId = await stage.havePoint(at(2));

      await stage.look(at(13.9));
      expect(stage.alarms()).toEqual([]);
      const said = await findings(stage, at(14.1));
      await stage.copied(backupId);
      await stage.look(at(14.4));

      expect(said).toContain(
        `${backupId} is verified, and not copied to offsite: it should have been by ${at(14).toISOString()}`,
      );
      expect(stage.alarms()).toEqual(["RunOverdue: app-db", "Recovered: RunOverdue of app-db"]);
    });

    it("gives what was verified before there was the copy until its first daily look is over", async () => {
      const stage = copying();
      const changed = stage.its.schedules.get("holdfast-test_copy");
      await stage.havePoint(at(2));
      await stage.havePoint(at(26));
      if (changed) changed.changedAt = at(30); // 06:00, and the look is at 05:45

      await stage.look(at(49.9));
      expect(stage.alarms()).toEqual([]);
      await stage.havePoint(at(50));
      const before = await findings(stage, at(65.5));
      const after = await findings(stage, at(65.8));

      expect(before).toContain(`it should have been by ${at(62).toISOString()}`);
      expect(before).not.toContain(at(65.75).toISOString());
      expect(after.split(`it should have been by ${at(65.75).toISOString()}`)).toHaveLength(3);
    });

    it("GL-12 tells of the sweep of each place by itself, and of schedules and the rule of copies that are gone", async () => {
      const stage = copying();
      for (const hours of [26, 50]) await stage.copied(await stage.havePoint(at(hours)));
      stage.begin(retentionMachine, "here", {}, at(52));

      await stage.look(at(52.5));
      expect(stage.alarms()).toEqual(["RunOverdue: retention-offsite"]);
      stage.begin(retentionMachine, "there", { where: "offsite" }, at(52.1));
      stage.its.schedules.delete("holdfast-test_copy");
      stage.its.rules.pop();
      await stage.look(at(52.6));

      expect(stage.alarms().slice(1)).toEqual([
        "SettingsDrifted: schedules",
        "Recovered: RunOverdue of retention-offsite",
      ]);
      expect(stage.told.find(({ code }) => code === "SettingsDrifted")?.happened).toEqual([
        "the schedule holdfast-test_copy is gone.",
        "the rule holdfast-test-copy-when-verified is gone.",
      ]);
    });
  });

  it("U12 A2 A3 A4 tells of rules, bucket settings, subscriptions and dead letters, each by its own alarm", async () => {
    const stage = aStage();
    await stage.havePoint(at(2));
    stage.its.rules = stage.its.rules.slice(1).map((rule, index) => ({ ...rule, isEnabled: index !== 1 }));
    stage.its.bucket.versioning = "Suspended";
    stage.its.subscriptions = [{ endpoint: "bob@example.com", isConfirmed: false }];
    stage.its.depth = 3;

    await stage.look(at(12));

    expect(stage.signals[0]?.text.split("\n")).toEqual([
      "SettingsDrifted: schedules: the rule holdfast-test-announce-rule-1 is gone",
      "SettingsDrifted: schedules: the rule holdfast-test-notice-tampering-rule-1 is DISABLED",
      "SettingsDrifted: repository: versioning is Suspended: what is written over is lost",
      ...["warning", "critical"].flatMap((severity) => [
        `AlarmPathFailed: announce: bob@example.com has not confirmed the mail about ${severity} alarms`,
        `AlarmPathFailed: announce: ada@example.com gets no ${severity} alarms: it is not subscribed`,
      ]),
      "AlarmPathFailed: announce: something lies in the dead-letter queue: docs/runbooks/Undelivered.md",
    ]);
    expect(stage.alarms().toSorted()).toEqual([
      "AlarmPathFailed: announce",
      "SettingsDrifted: repository",
      "SettingsDrifted: schedules",
    ]);
  });

  it("tells once of what lies in the dead-letter queue, however much comes to it", async () => {
    const stage = aStage();
    for (const depth of [1, 2, 30]) {
      stage.its.depth = depth;
      await stage.look(at(1));
    }

    expect(stage.alarms()).toEqual(["AlarmPathFailed: announce"]);
  });

  it("A2 says that nobody hears alarms where there is neither a subscriber nor Slack", async () => {
    const stage = aStage({ email: undefined, slack: undefined });
    stage.its.subscriptions = [];

    await stage.look(at(1));

    expect(stage.signals[0]?.text).toContain("nobody hears critical alarms");
  });

  it("A3 sends the plan's canary once, and signals what has not taken it until a later one arrives", async () => {
    const stage = aStage({ canary: "0 9 * * *" });
    for (const day of [0, 1]) await stage.havePoint(at(2 + 24 * day));

    for (const hours of [8.9, 9, 9.2, 12, 24 + 8.9]) await stage.look(at(hours));
    expect(stage.alarms()).toEqual(["Canary: alarms of test arrive here"]);
    expect(stage.signals.every(({ isWell }) => isWell)).toBe(true);

    stage.deaf.add("slack");
    for (const hours of [33, 33.4]) await stage.look(at(hours));
    expect(stage.signals.at(-1)?.isWell).toBe(true);
    await stage.look(at(33.5));
    expect(stage.signals.at(-1)).toEqual({
      isWell: false,
      text: "AlarmPathFailed: announce: the canary of 2026-11-21T09:00:00.000Z was not taken by slack",
    });
    stage.deaf.clear();
    await stage.look(at(39.5));
    await stage.look(at(39.6));
    expect(stage.signals.at(-1)?.isWell).toBe(true);
    expect(stage.alarms().at(-1)).toBe("Recovered: AlarmPathFailed of announce");
  });

  it("A3 wants the canary of every channel that the plan has for warnings, and of no other", async () => {
    const pagerDuty = { routingKeySecret: "arn:p", origin: "https://p" };
    const canary = "0 9 * * *";
    const all = aStage({ canary, pagerDuty });
    const routed = aStage({ canary, pagerDuty, routes: { warning: ["sns"] } });

    for (const stage of [all, routed]) {
      await stage.havePoint(at(2));
      await stage.look(at(9));
      await stage.look(at(9.5));
    }

    expect(all.signals.at(-1)?.text).toContain("was not taken by pagerduty");
    expect(routed.signals.at(-1)?.isWell).toBe(true);
  });

  it("A5 signals nothing when it could not look at everything", async () => {
    const stage = aStage();
    const refused = async () => Promise.reject(new Error("Access Denied"));
    for (const part of ["bucket", "schedule", "rules", "subscriptions", "depth"] as const) {
      const watched: Watched = { ...stage.watched, [part]: refused };
      await expect(watch({ ...stage.ports, watched })()).rejects.toThrow("Access Denied");
    }
    const unreadable = { ...stage.ports.repository, folders: refused };
    await expect(watch({ ...stage.ports, repository: unreadable })()).rejects.toThrow("Access Denied");

    expect(stage.signals).toEqual([]);
  });

  it("A3 signals outside that the event bus takes no alarms, with all that it has found, and fails", async () => {
    const stage = aStage();
    const events = { emit: async () => Promise.reject(new Error("the bus is gone")) };
    stage.its.bucket.versioning = undefined;

    await expect(watch({ ...stage.ports, events, clock: () => at(1) })()).rejects.toThrow("the bus is gone");

    expect(stage.signals).toEqual([
      {
        isWell: false,
        text: expect.stringMatching(/versioning is off[\s\S]*could not be handed over: the bus is gone/),
      },
    ]);
  });

  it("does not take a run that was claimed for one that did not come", async () => {
    const stage = aStage();
    await stage.ports.repository.create(layout.claim(scheduledBackupId("nightly", at(2))), "{}");

    await stage.look(at(2.9));
    expect(stage.alarms()).toEqual([]);
    await stage.look(at(3));

    expect(stage.told[0]?.happened[0]).toContain("has begun, and nothing is committed");
  });
});
