import { describe, expect, it } from "vitest";
import { commitBackup } from "#app/commit-backup.ts";
import { LARGEST_SIGNED_BYTES, parseManifest } from "#domain/manifest.ts";
import { aBackup, capture, layout, memoryWorld, storeAt } from "../support/memory-world.ts";

const manifestKey = layout.manifest(aBackup);

describe("commit", () => {
  it("writes the manifest last, with its signature and RESTORE.md already there", async () => {
    const world = memoryWorld();
    const captures = [capture(world, "app-db"), capture(world, "sessions")];

    const result = await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db", "sessions"], captures });

    expect(result).toEqual({ outcome: "COMPLETE", failedSources: "" });
    expect([...world.objects.keys()].slice(-3)).toEqual([
      layout.restoreGuide(aBackup),
      expect.stringMatching(/manifest\.[0-9a-f]{64}\.sig$/),
      manifestKey,
    ]);
    expect(world.happened.map(({ type }) => type)).toEqual(["BackupCommitted"]);
  });

  it("IS-10 IS-11 keeps the shape that operators know: timestamp, version, components with file and size", async () => {
    const world = memoryWorld();

    await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db"], captures: [capture(world, "app-db")] });

    expect(JSON.parse(new TextDecoder().decode(world.objects.get(manifestKey)))).toMatchObject({
      timestamp: "2026-02-23T02:00:09.000Z",
      version: "0.0.0",
      components: { "app-db": { file: "app-db-2026-02-23-020000-nightly.0.001.dump.zst.gpg", size: 15 } },
    });
  });

  it("O13 commits nothing that nobody would read again: a manifest that is larger than what is read of one", async () => {
    const world = memoryWorld();
    const limits = ["x".repeat(LARGEST_SIGNED_BYTES)];

    const captures = [capture(world, "app-db", { limits })];
    const result = await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db"], captures });

    expect(result.outcome).toBe("FAILED");
    expect(result.failedSources).toMatch(
      /^ManifestInvalid: .* would have 335\d{5} bytes, and nobody reads more than 33554432/,
    );
    expect([...world.objects.keys()].filter((key) => key.startsWith(layout.backup(aBackup)))).toEqual([]);
    expect(world.happened).toEqual([]);
  });

  it("S13 says PARTIAL and names the failed source, whose siblings are good", async () => {
    const world = memoryWorld();
    const failed = {
      source: "sessions",
      failure: { Error: "States.TaskFailed", Cause: '{"ExitCode":137,"StoppedReason":"OOM"}' },
    };

    const result = await commitBackup(world.ports)({
      backupId: aBackup,
      sources: ["app-db", "sessions"],
      captures: [capture(world, "app-db"), failed],
    });

    expect(result.outcome).toBe("PARTIAL");
    expect(result.failedSources).toContain("sessions: TaskFailed: States.TaskFailed");
    expect(result.failedSources).toContain("137");
    const manifest = parseManifest(world.objects.get(manifestKey) ?? new Uint8Array());
    expect(Object.keys(manifest.components)).toEqual(["app-db"]);
    expect(Object.keys(manifest.failed)).toEqual(["sessions"]);
  });

  describe("O1 by the clock of S3, which stored the task at 02:00:00 and its outcome at 02:00:10", () => {
    const at = (iso: string, minutes: number) => new Date(Date.parse(iso) + minutes * 60_000).toISOString();
    const times = (begin: number, end: number, recovered = begin) => ({
      startedAt: at("2026-02-23T02:00:01Z", begin),
      recoveredTo: at("2026-02-23T02:00:05Z", recovered),
      finishedAt: at("2026-02-23T02:00:09Z", end),
    });
    const run = async (told: ReturnType<typeof times>) => {
      const world = memoryWorld();
      const end = capture(world, "app-db", told);
      storeAt(world, layout.taskInput(aBackup, "app-db"), {}, "2026-02-23T02:00:00Z");
      const outcome = layout.outcome(aBackup, "app-db", 0);
      storeAt(world, outcome, JSON.parse(new TextDecoder().decode(world.objects.get(outcome))), "2026-02-23T02:00:10Z");
      return commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db"], captures: [end] });
    };

    it.each([
      ["a day behind", times(-1440, -1440), "startedAt 2026-02-22T02:00:01.000Z, recoveredTo"],
      ["an hour ahead", times(60, 60), "startedAt 2026-02-23T03:00:01.000Z, recoveredTo"],
      ["ahead by a jump in the middle of the run", times(0, 60), "tells of finishedAt 2026-02-23T03:00:09.000Z; by"],
      ["behind by a jump in the middle of the run", times(0, -60), "tells of finishedAt 2026-02-23T01:00:09.000Z; by"],
      ["that of a source that is ahead", times(0, 0, 6), "tells of recoveredTo 2026-02-23T02:06:05.000Z; by"],
    ])("refuses a capture whose clock is %s", async (_, told, said) => {
      const { outcome, failedSources } = await run(told);

      expect(outcome).toBe("FAILED");
      expect(failedSources).toMatch(/^app-db: ClockJumped: /);
      expect(failedSources).toContain(said);
    });

    it.each([-4, 4])("bears one that is %s minutes apart", async (minutes) => {
      expect(await run(times(minutes, minutes))).toMatchObject({ outcome: "COMPLETE" });
    });

    it("believes no capture of which S3 tells no instant", async () => {
      const world = memoryWorld();
      const end = capture(world, "app-db");
      world.objects.delete(layout.taskInput(aBackup, "app-db"));

      const result = await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db"], captures: [end] });

      expect(result).toMatchObject({ outcome: "FAILED", failedSources: expect.stringContaining("ClockJumped: S3") });
    });
  });

  describe("with hooks", () => {
    const ran = (hook: string) => ({ hook, seconds: 1.5 });
    const hooked = { hasHooks: true, quiesced: { hooks: [ran("before.0")] } };
    const run = async (world: ReturnType<typeof memoryWorld>, end: object) =>
      commitBackup(world.ports)({
        backupId: aBackup,
        sources: ["app-db", "sessions"],
        captures: [{ ...capture(world, "app-db"), ...hooked, ...end }, capture(world, "sessions")],
      });

    it("says in the manifest what they did around a capture", async () => {
      const world = memoryWorld();

      const result = await run(world, { resumed: { hooks: [ran("after.0")], problem: "" } });

      const { components } = parseManifest(world.objects.get(manifestKey) ?? new Uint8Array());
      expect(result).toEqual({ outcome: "COMPLETE", failedSources: "" });
      expect(components["app-db"]?.hooks).toEqual([ran("before.0"), ran("after.0")]);
      expect(components["sessions"]).not.toHaveProperty("hooks");
    });

    it.each([
      [
        "says so",
        { resumed: { hooks: [], problem: "after.0: broken" } },
        "app-db: HookFailed: its hooks are not undone: after.0: broken",
      ],
      [
        "died",
        { resumed: { Error: "Lambda.Unknown", Cause: "out of memory" } },
        "app-db: HookFailed: its hooks are not undone: out of memory",
      ],
      ["left no record", {}, "app-db: HookFailed: its hooks are not undone: the state machine has no record of it"],
    ])("keeps the point when what undoes them %s, and the run is no success", async (_, end, message) => {
      const world = memoryWorld();

      const result = await run(world, end);

      expect(result).toEqual({ outcome: "HOOK_FAILED", failedSources: message });
      expect(parseManifest(world.objects.get(manifestKey) ?? new Uint8Array()).outcome).toBe("COMPLETE");
      expect(world.measured.flatMap(Object.keys)).not.toContain("backup_success_total");
    });

    it("fails a source whose hook failed before it began, by its name, and keeps its siblings", async () => {
      const world = memoryWorld();
      const Cause = JSON.stringify({
        errorType: "HookFailed",
        errorMessage: "before.0 lambda arn:x: broken",
        trace: [],
      });
      const failed = {
        source: "app-db",
        hasHooks: true,
        failure: { Error: "HookFailed", Cause },
        resumed: { hooks: [], problem: "" },
      };

      const result = await commitBackup(world.ports)({
        backupId: aBackup,
        sources: ["app-db", "sessions"],
        captures: [failed, capture(world, "sessions")],
      });

      expect(result).toEqual({
        outcome: "PARTIAL",
        failedSources: "app-db: HookFailed: before.0 lambda arn:x: broken",
      });
    });
  });

  it("AS-14 commits nothing and announces nothing when the only stored artifact has changed", async () => {
    const world = memoryWorld();
    const captures = [capture(world, "app-db")];
    for (const artifact of world.artifacts.values()) artifact.compositeSha256 = "something else-1";

    const result = await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db"], captures });

    expect(result.outcome).toBe("FAILED");
    expect(result.failedSources).toContain("app-db: ChecksumMismatch");
    expect(world.objects.has(manifestKey)).toBe(false);
    expect(world.happened).toEqual([]);
  });

  it("AS-14 S2 does not believe an exit code of 0 without an outcome", async () => {
    const world = memoryWorld();

    const result = await commitBackup(world.ports)({
      backupId: aBackup,
      sources: ["app-db"],
      captures: [{ source: "app-db", task: { exitCodes: [0] } }],
    });

    expect(result.failedSources).toContain("left no outcome, which proves nothing");
  });

  it.each([
    ["another exit code", { source: "app-db", task: { exitCodes: [1] } }],
    ["no exit code", { source: "app-db", task: { exitCodes: [] } }],
    ["a failure that Step Functions caught", { source: "app-db", failure: { Error: "States.Timeout" } }],
    ["no record at all", { source: "sessions", task: { exitCodes: [0] } }],
  ])("S2 does not believe an outcome that says success beside %s", async (_, end) => {
    const world = memoryWorld();
    capture(world, "app-db");

    const result = await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db"], captures: [end] });

    expect(result.outcome).toBe("FAILED");
    expect(world.objects.has(manifestKey)).toBe(false);
  });

  const oom = "OutOfMemoryError: Container killed due to memory usage";
  it.each([
    ["that ECS says was killed for it", [{ ExitCode: 137, Reason: oom }], oom],
    ["that was killed without a reason", [{ ExitCode: 137 }], "its memory was used up (OOM)"],
    ["that has no exit code at all", [{ Reason: oom }], oom],
  ])("S4 makes no point of a task whose memory was used up, %s, and says so", async (_, Containers, said) => {
    const world = memoryWorld();
    const failure = {
      Error: "States.TaskFailed",
      Cause: JSON.stringify({ Containers, StopCode: "EssentialContainerExited" }),
    };

    const result = await commitBackup(world.ports)({
      backupId: aBackup,
      sources: ["app-db"],
      captures: [{ source: "app-db", failure }],
    });

    expect(result).toEqual({ outcome: "FAILED", failedSources: expect.stringContaining(said) });
    expect(world.objects.has(manifestKey)).toBe(false);
  });

  it("S20 U4 names the timeout of a capture that never came to an end, whatever the task said when it was stopped", async () => {
    const world = memoryWorld();
    world.objects.set(layout.outcome(aBackup, "app-db", 0), interrupted);

    const result = await commitBackup(world.ports)({
      backupId: aBackup,
      sources: ["app-db"],
      captures: [{ source: "app-db", failure: { Error: "States.Timeout" } }],
    });

    expect(result.failedSources).toMatch(/^app-db: TaskFailed: States\.Timeout: it had not ended/);
  });

  it("O4 believes the newest try alone, however late a zombie of the first one says that it has succeeded", async () => {
    const world = memoryWorld();
    const end = capture(world, "app-db");
    world.objects.set(layout.outcome(aBackup, "app-db", 10), interrupted);

    const result = await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db"], captures: [end] });

    expect(result).toEqual({ outcome: "FAILED", failedSources: expect.stringContaining("Interrupted") });
    expect(world.objects.has(manifestKey)).toBe(false);
  });

  it("refuses an artifact that does not belong to this capture", async () => {
    const world = memoryWorld();
    const other = capture(world, "sessions");
    const stranger = [...world.artifacts.values()];
    const captures = [capture(world, "app-db", { artifacts: stranger }), other];

    const result = await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db"], captures });

    expect(result.failedSources).toContain("does not belong to this capture");
  });

  it("finding its own manifest already there is success, and the event is sent again", async () => {
    const world = memoryWorld();
    const input = { backupId: aBackup, sources: ["app-db"], captures: [capture(world, "app-db")] };
    await commitBackup(world.ports)(input);
    const before = world.objects.get(manifestKey);

    const result = await commitBackup(world.ports)(input);

    expect(result.outcome).toBe("COMPLETE");
    expect(world.objects.get(manifestKey)).toBe(before);
    expect(world.happened).toHaveLength(2);
  });

  it("U13 never overwrites another manifest", async () => {
    const world = memoryWorld();
    const captures = [capture(world, "app-db")];
    const other = new TextEncoder().encode("another");
    world.objects.set(manifestKey, other);

    const result = await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db"], captures });

    expect(result).toEqual({ outcome: "FAILED", failedSources: expect.stringContaining("AlreadyCommitted") });
    expect(world.objects.get(manifestKey)).toBe(other);
  });
});

const interrupted = new TextEncoder().encode(
  JSON.stringify({
    ...{ succeeded: false, task: "app-db", attempt: 0, finishedAt: "2026-02-23T02:10:00.000Z" },
    error: { name: "Interrupted", message: "INTERRUPTED: the task of app-db was told to stop" },
  }),
);
