import { describe, expect, it, vi } from "vitest";
import { announce } from "#app/announce.ts";
import { quiesce } from "#app/quiesce.ts";
import { resume } from "#app/resume.ts";
import { resumeLate } from "#app/resume-late.ts";
import { HookFailed } from "#domain/errors.ts";
import { call, executionArn, hookWorld, jobs, sql, web } from "../support/hook-world.ts";
import { layout } from "../support/memory-world.ts";

type World = Awaited<ReturnType<typeof hookWorld>>;
const source = "app-db";
const before = [{ ecsService: web }, sql, call, { ecsService: jobs }];
const begin = (world: World, around: "restore" | "capture" = "restore", arn = executionArn) =>
  quiesce(world.ports)({ executionArn: arn, source, taskInputKey: world.keys[around] }, "call-1");
const end = (world: World) => resume(world.ports)({ executionArn, source }, "call-2");
const endLate = (world: World, asked: Parameters<ReturnType<typeof resumeLate>>[0] = { executionArn }) =>
  resumeLate(world.ports)(asked, "call-3");

describe("hooks", () => {
  it("AS-20 GL-11 are run in the plan's order, and undone by `after` hooks and then by counts, the last one first", async () => {
    const world = await hookWorld({ before, after: [call, sql] });

    const { hooks } = await begin(world);
    const during = new Map(world.counts);
    const undone = await end(world);

    const told = { source, target: "staging-db", runId: world.restoreId };
    expect(world.did).toEqual([
      "web to 0",
      "restore-task target app: select pause()",
      `called ${JSON.stringify({ phase: "before", ...told })}`,
      "jobs to 1",
      `called ${JSON.stringify({ phase: "after", ...told })}`,
      "restore-task target app: select pause()",
      "jobs to 2",
      "web to 3",
    ]);
    expect(Object.fromEntries(during)).toEqual({ web: 0, jobs: 1 });
    expect(Object.fromEntries(world.counts)).toEqual({ web: 3, jobs: 2 });
    expect(hooks.map(({ hook }) => hook)).toEqual([
      "before.0 ecsService application/web",
      "before.1 sql in app",
      expect.stringMatching(/^before\.2 lambda arn:/),
      "before.3 ecsService application/jobs",
    ]);
    expect(undone.problem).toBe("");
    expect(undone.hooks.map(({ hook }) => hook).slice(2)).toEqual([
      "application/jobs back from 1 to 2",
      "application/web back from 0 to 3",
    ]);
  });

  it("are run around a capture by the source's own hooks, where captures run", async () => {
    const world = await hookWorld({ before: [sql, call] });

    await begin(world, "capture");

    expect(world.did).toEqual([
      "capture-task source app: select pause()",
      expect.stringMatching(/^called \{"phase":"before","source":"app-db","runId":"2026-02-23-020000-nightly"\}$/),
    ]);
  });

  it("are written down with every count before the first of them touches anything", async () => {
    const world = await hookWorld({ before, after: [call] });
    world.broken.add("web");

    await expect(begin(world)).rejects.toThrow("before.0 ecsService application/web: web is broken");

    const written = JSON.parse(new TextDecoder().decode(world.objects.get(layout.quiesced(world.hookRun, source))));
    expect(world.did).toEqual([]);
    expect(written).toMatchObject({
      services: [
        { service: "web", desiredCount: 3, setTo: 0 },
        { service: "jobs", desiredCount: 2, setTo: 1 },
      ],
    });
  });

  it("keep the counts of the first try when the state is tried again", async () => {
    const world = await hookWorld({ before: [{ ecsService: jobs }] });

    await begin(world);
    world.counts.set("jobs", 0);
    await begin(world);
    await end(world);

    expect(world.did).toEqual(["jobs to 1", "jobs to 1", "jobs to 2"]);
  });

  it.each([
    [
      "a service that does not exist",
      { ecsService: { ...web, service: "gone" } },
      "there is no ECS service application/gone",
    ],
    ["a function that fails", call, "lambda is broken"],
    ["a statement that does not end", sql, "before.0 sql in app: HookFailed: the statement did not end within 60 s"],
  ])("stop what they are around at %s, with HookFailed", async (_, hook, message) => {
    const world = await hookWorld({ before: [hook] });
    world.broken.add("lambda").add("sql");

    const failed = begin(world);

    await expect(failed).rejects.toThrow(HookFailed);
    await expect(failed).rejects.toThrow(message);
  });

  it("wait for the tasks of a service to end, no longer than they may", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    const timeout = vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
      expect(ms).toBe(5 * 60_000);
      return AbortSignal.abort(new Error("too late"));
    });
    const world = await hookWorld({ before: [{ ecsService: web }] });
    world.broken.add("web drains");
    world.ports.services.settle = async (_place, _count, signal) => signal.throwIfAborted();

    await expect(begin(world)).rejects.toThrow("before.0 ecsService application/web: it has not ended within 5m");

    timeout.mockRestore();
    vi.useRealTimers();
  });

  it("never scale a service up: one that has less already keeps it", async () => {
    const world = await hookWorld({ before: [{ ecsService: { ...web, desiredCount: 5 } }] });

    await begin(world);
    await end(world);

    expect(world.did).toEqual(["web to 3", "web to 3"]);
  });

  it("leave a count alone that somebody else has chosen since", async () => {
    const world = await hookWorld({ before: [{ ecsService: web }] });
    await begin(world);
    world.counts.set("web", 7);

    const { hooks } = await end(world);

    expect(world.counts.get("web")).toBe(7);
    expect(hooks.map(({ hook }) => hook)).toEqual(["application/web left at 7"]);
  });

  it("undo everything that can be undone, whatever else can't, and never throw for it", async () => {
    const world = await hookWorld({ before, after: [call, sql] });
    await begin(world);
    world.broken.add("lambda").add("jobs");

    const { problem } = await end(world);

    expect(world.counts.get("web")).toBe(3);
    expect(problem).toContain("after.0 lambda");
    expect(problem).toContain("application/jobs could not be given its count of 2 back: jobs is broken");
  });

  it("undo nothing twice, and nothing where no hook has begun", async () => {
    const world = await hookWorld({ before, after: [call] });
    const nothing = await end(world);
    await begin(world);
    await end(world);
    world.did.length = 0;

    const again = await end(world);
    await endLate(world);
    await endLate(world, {});

    expect(nothing).toEqual({ hooks: [], problem: "" });
    expect(again).toEqual({ hooks: [], problem: "" });
    expect(world.did).toEqual([]);
  });

  it("refuse a service that another run holds at this moment, and take it when that one has ended", async () => {
    const world = await hookWorld({ before: [{ ecsService: web }] });
    await begin(world);

    const second = begin(world, "capture", `${executionArn}-2`);

    await expect(second).rejects.toThrow(`application/web is held by ${world.restoreId} (app-db): wait until that`);
    await end(world);
    await begin(world, "capture", `${executionArn}-2`);
    expect(world.did).toEqual(["web to 0", "web to 3", "web to 0"]);
  });
});

describe("an execution that ended without undoing its hooks", () => {
  it("has them undone by its end, once", async () => {
    const world = await hookWorld({ before, after: [call] });
    await begin(world);
    world.running.isRunning = false;

    const answer = await endLate(world);

    expect(Object.fromEntries(world.counts)).toEqual({ web: 3, jobs: 2 });
    expect(answer.figures).toMatchObject({ resumed: [{ runId: world.restoreId, source }] });
    expect(world.happened).toEqual([]);
  });

  it("has them undone by the sweep when its event was lost, and is left alone as long as it runs", async () => {
    const world = await hookWorld({ before });
    await begin(world);

    const tooEarly = await endLate(world, {});
    world.running.isRunning = false;
    await endLate(world, {});

    expect(tooEarly.figures).toMatchObject({ resumed: [] });
    expect(Object.fromEntries(world.counts)).toEqual({ web: 3, jobs: 2 });
  });

  it("has those undone that were run after its end: whoever came to undo them was too early", async () => {
    const world = await hookWorld({ before });
    world.running.isRunning = false;

    await expect(begin(world)).rejects.toThrow("the execution ended while its hooks were run");

    expect(world.did).toEqual(["web to 0", "web to 3"]);
    expect(Object.fromEntries(world.counts)).toEqual({ web: 3, jobs: 2 });
  });

  it("raises an alarm with the commands that put services back when a hook can't be undone, and again when it is given up", async () => {
    const world = await hookWorld({ before, after: [call] });
    await begin(world);
    world.running.isRunning = false;
    world.broken.add("lambda");

    await endLate(world);
    for (let sweep = 0; sweep < 6; sweep++) await endLate(world, {});
    const tellAll = async () => {
      for (const [index, happening] of world.happened.entries())
        await announce(world.ports)({ happening, requestId: String(index) });
    };
    await tellAll();

    expect(world.happened).toHaveLength(2);
    expect(world.told).toMatchObject([{ code: "HookFailed", severity: "critical" }, { code: "HookFailed" }]);
    expect(world.told[0]?.next.command).toContain(
      "aws ecs update-service --cluster application --service web --desired-count 3",
    );
    expect(world.did.filter((one) => one.includes('"after"'))).toHaveLength(5); // bounded
    expect(world.counts.get("web")).toBe(3);

    world.broken.clear();
    for (const _ of [1, 2]) await resumeLate(world.ports)({ again: true }, "by hand");
    await tellAll();
    expect(world.told.slice(2)).toMatchObject([{ code: "HookFailed", alarm: { sources: ["app-db"], isOpen: false } }]);
  });

  it("is not told of twice: what its own machine could not undo, its failure has told", async () => {
    const world = await hookWorld({ before, after: [call, sql] });
    await begin(world);
    world.broken.add("lambda");
    await end(world);
    world.running.isRunning = false;

    await endLate(world);
    const afterItsEnd = world.did.length;
    world.broken.clear();
    const swept = await endLate(world, {});

    expect(world.happened).toEqual([]);
    expect(world.did.slice(afterItsEnd)).toEqual([expect.stringContaining('"phase":"after"')]); // only what was not done
    expect(swept.verdict).toContain("1 runs were resumed late");
  });

  it("is tried again by hand after it was given up", async () => {
    const world = await hookWorld({ before: [], after: [call] });
    await begin(world);
    world.running.isRunning = false;
    world.broken.add("lambda");
    for (let sweep = 0; sweep < 6; sweep++) await endLate(world, {});
    world.broken.clear();

    const bySweep = await endLate(world, {});
    const byHand = await endLate(world, { again: true });

    expect(bySweep.figures).toMatchObject({ resumed: [] });
    expect(byHand.figures).toMatchObject({ resumed: [{ source }], problems: [] });
  });
});
