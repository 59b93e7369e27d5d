import { describe, expect, it } from "vitest";
import { announce } from "#app/announce.ts";
import { askForDigests } from "#app/gather-flood.ts";
import type { Announcement, Severity } from "#domain/announcement.ts";
import { memoryWorld } from "../support/memory-world.ts";

const begin = new Date("2026-02-23T02:00:00Z");
const MINUTE = 60_000;

/** A stage whose plan tells five messages each in a quarter of an hour, to people and to a machine. */
function floodedWorld() {
  const world = memoryWorld();
  let now = begin.getTime();
  let requests = 0;
  const told = { people: [] as Announcement[], machine: [] as Announcement[] };
  const channels = [
    { name: "people", tell: async (one: Announcement) => void told.people.push(one) },
    { name: "machine", takesEach: true as const, tell: async (one: Announcement) => void told.machine.push(one) },
  ];
  const plan = { ...world.ports.plan, tell: { digest: { above: 5, every: "15m" } } };
  const ports = { ...world.ports, channels, plan, clock: () => new Date(now) };
  const tell = announce(ports);
  return {
    ...world,
    ports,
    told,
    titles: () => told.people.map(({ title }) => title),
    later: (milliseconds: number) => {
      now += milliseconds;
    },
    /** A backup that somebody's loop has started has failed: each is a problem of its own. */
    async fails() {
      requests++;
      const its = { name: `run-${requests}`, input: JSON.stringify({ backup: "nightly" }), status: "FAILED" as const };
      const arn = (kind: string) => `arn:aws:states:us-east-1:0:${kind}:holdfast-test-backup`;
      const execution = {
        ...its,
        executionArn: `${arn("execution")}:${its.name}`,
        stateMachineArn: arn("stateMachine"),
      };
      await tell({ execution: { ...execution, error: "BackupFailed", cause: "app-db: no" }, requestId: its.name });
    },
    async raise(code: string, severity: Severity, requestId = `request-${requests++}`) {
      const its = { stage: "test", code, source: "app-db", severity, problem: requestId, message: "x" };
      const happening = { type: "AlarmRaised" as const, detail: { ...its, next: { say: "look" } } };
      await tell({ happening, requestId });
    },
    /** The sweep asks for digests, and its events come, each of them twice. */
    async sweep() {
      await askForDigests(ports);
      const due = world.happened.splice(0);
      for (const happening of [...due, ...due]) await tell({ happening, requestId: `request-${requests++}` });
      return due.length;
    },
  };
}

describe("A1 a flood of messages", () => {
  it("of 500 failures in a minute is told five times and in one digest; other criticals pass, and a machine gets each", async () => {
    const world = floodedWorld();

    for (let failure = 0; failure < 500; failure++) {
      await world.fails();
      world.later(100);
      if (failure === 400) await world.raise("RepositoryTampered", "critical");
    }
    expect(await world.sweep()).toBe(0);
    world.later(15 * MINUTE);
    await world.sweep();
    await world.sweep();

    const each = "Backup nightly failed";
    expect(world.titles()).toEqual([
      ...Array.from({ length: 5 }, () => each),
      "RepositoryTampered: app-db",
      `495 more messages since ${begin.toISOString()}`,
    ]);
    expect(world.told.people.at(-1)).toMatchObject({
      severity: "critical",
      happened: [expect.any(String), `495 × BackupFailed: ${each}`],
    });
    expect(world.told.machine).toHaveLength(501);
  });

  it("that are not critical is counted together, and said by title; the next window begins anew", async () => {
    const world = floodedWorld();

    for (let time = 0; time < 4; time++)
      for (const code of ["Late", "Large", "Slow"]) await world.raise(code, "warning");
    await world.raise("Broken", "critical");
    world.later(15 * MINUTE);
    await world.raise("Late", "warning");
    await world.sweep();

    expect(world.titles().slice(0, 5)).toEqual(
      ["Late", "Large", "Slow", "Late", "Large"].map((code) => `${code}: app-db`),
    );
    expect(world.titles().slice(5)).toEqual([
      "Broken: app-db",
      "Late: app-db",
      `7 more messages since ${begin.toISOString()}`,
    ]);
    expect(world.told.people.at(-1)).toMatchObject({
      severity: "warning",
      happened: [expect.any(String), "3 × Slow: Slow: app-db", "2 × Late: Late: app-db", "2 × Large: Large: app-db"],
    });
  });

  it("is counted on from its last place, when others were deleted meanwhile", async () => {
    const world = floodedWorld();
    for (const code of ["Late", "Large", "Slow"]) await world.raise(code, "warning");
    const [, second] = [...world.objects.keys()].filter((key) => key.includes("announced-place-people-")).toSorted();

    world.objects.delete(second ?? "");
    for (const code of ["Odd", "Old", "Big"]) await world.raise(code, "warning");

    expect(world.titles()).toEqual(["Late", "Large", "Slow", "Odd", "Old"].map((code) => `${code}: app-db`));
  });

  it("is counted right when all of it comes at once, and a retry is neither told nor counted twice", async () => {
    const world = floodedWorld();
    const crowd = Array.from({ length: 20 }, (_, number) => number);
    const raiseAll = () =>
      Promise.all(
        crowd.map((number) => world.raise(`Code${"abcdefghijklmnopqrst"[number]}`, "warning", `at-once-${number}`)),
      );

    await raiseAll();
    await raiseAll();

    expect(world.told.people).toHaveLength(5);
    expect([...world.objects.keys()].filter((key) => key.includes("/announced-more-people-"))).toHaveLength(15);
  });

  it("never keeps the end of a restore, a canary or another channel's digest waiting", async () => {
    const world = floodedWorld();
    const tell = announce(world.ports);
    for (let time = 0; time < 6; time++) await world.raise("Late", "warning");

    const canary = { stage: "test", dueAt: begin.toISOString(), attempt: 0 };
    await tell({ happening: { type: "CanarySent", detail: canary }, requestId: "canary" });
    const gone = { stage: "test", begin: new Date(begin.getTime() - 15 * MINUTE).toISOString(), channel: "people" };
    await tell({ happening: { type: "DigestDue", detail: gone }, requestId: "of nothing" });

    expect(world.titles().slice(5)).toEqual(["Canary: alarms of test arrive here"]);
    expect([...world.objects.keys()].filter((key) => key.includes("/announced-more-"))).toHaveLength(1);
  });
});
