import { describe, expect, it } from "vitest";
import { slackMessage } from "#adapters/slack.ts";
import { announce } from "#app/announce.ts";
import { checkBackup } from "#app/check-backup.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { aBackup, capture, layout, type MemoryWorld, memoryWorld } from "../support/memory-world.ts";

const created = { bucket: "the-bucket", key: layout.manifest(aBackup) };
const check = (world: MemoryWorld) => checkBackup({ ...world.ports, verifyMachine: "arn:verify" });
async function committed() {
  const world = memoryWorld();
  await commitBackup(world.ports)({ backupId: aBackup, sources: ["app-db"], captures: [capture(world, "app-db")] });
  return world;
}

describe("the integrity check of a new manifest", () => {
  it("GL-7 AP-13 AS-25 SK-4 O5 starts one verification however often the event comes", async () => {
    const world = await committed();

    await Promise.all(Array.from({ length: 10 }, () => check(world)(created)));

    expect(world.started).toEqual([{ name: aBackup, input: { backupId: aBackup } }]);
  });

  it("R5 hands a missing artifact to the verify machine, which quarantines it", async () => {
    const world = await committed();
    const [artifact] = world.artifacts.keys();
    world.artifacts.clear();

    await check(world)(created);

    expect(world.started[0]?.input).toEqual({
      backupId: aBackup,
      wrong: { "app-db": [`ArtifactMissing: ${artifact}`] },
    });
  });

  it("R4 leaves a manifest with another signature to the verify machine, which fails on it", async () => {
    const world = await committed();
    world.objects.set(created.key, new TextEncoder().encode("{}"));

    await check(world)(created);

    expect(world.started).toEqual([{ name: aBackup, input: { backupId: aBackup } }]);
  });

  it.each([
    ["another bucket", { bucket: "theirs", key: created.key }],
    ["another stage", { bucket: "the-bucket", key: created.key.replace("test/", "prod/") }],
    ["an odd key", { bucket: "the-bucket", key: "test/../%2e%2e/é+ /manifest.json" }],
  ])("O7 ignores an event of %s and says so", async (_, event) => {
    const world = await committed();

    expect(await check(world)(event)).toEqual({ ignored: expect.stringContaining("is no manifest of this stage") });
    expect(world.started).toEqual([]);
    expect(world.lines.filter((line) => line.startsWith("ignored: "))).toHaveLength(1);
  });
});

const failure = {
  executionArn: "arn:aws:states:us-east-1:0:execution:holdfast-test-backup:run-1",
  stateMachineArn: "arn:aws:states:us-east-1:0:stateMachine:holdfast-test-backup",
  name: "run-1",
  status: "FAILED" as const,
  input: '{"backup":"nightly","scheduledTime":"2026-02-23T02:00:00Z"}',
  error: "BackupFailed",
  cause: "app-db: FormatIncomplete: <!channel> *cut*",
};

const alarmOf = (stage: string) => ({
  type: "AlarmRaised" as const,
  detail: { stage, code: "RepositoryTampered", source: "repository", problem: "x", message: "x", next: { say: "x" } },
});

describe("announcements", () => {
  it.each([
    {
      of: "another stage's execution",
      execution: { ...failure, stateMachineArn: failure.stateMachineArn.replace("-test-", "-prod-") },
    },
    {
      of: "a machine that is none of holdfast's",
      execution: { ...failure, stateMachineArn: "arn:aws:states:us-east-1:0:stateMachine:payroll" },
    },
    { of: "another stage's happening", happening: alarmOf("prod") },
  ])("O7 are not made for an event of $of, and that is logged", async ({ of: _, ...event }) => {
    const world = memoryWorld();

    const answer = await announce(world.ports)({ ...event, requestId: "a" } as never);

    expect(answer).toEqual({ told: false });
    expect(world.told).toEqual([]);
    expect(world.lines).toEqual([expect.stringContaining("is not of this stage")]);
  });

  it("tells of a sweep of retention that failed by a code of its own, with what the next one would do", async () => {
    const world = memoryWorld();
    const machine = { stateMachineArn: failure.stateMachineArn.replace("backup", "retention"), input: "{}" };
    const execution = {
      ...failure,
      ...machine,
      cause: "2026-01-01-020000-nightly app-db: AccessDenied: Access Denied",
    };

    await announce(world.ports)({ execution, requestId: "a" });

    expect(world.told).toMatchObject([
      { code: "RetentionFailed", next: { command: "npx sls invoke --stage test -f plan-retention -d '{}'" } },
    ]);
  });

  it("AS-22 SK-6 IS-19 I3 tells of a failed execution once, however often the event comes", async () => {
    const world = memoryWorld();
    const tell = announce(world.ports);

    await Promise.all(["a", "b", "c"].map((requestId) => tell({ execution: failure, requestId })));

    expect(world.told.map(({ code, severity }) => [code, severity])).toEqual([["BackupFailed", "critical"]]);
  });

  it("tells again for a retry of the request that could not be delivered", async () => {
    const world = memoryWorld();
    const broken = announce({
      ...world.ports,
      channels: [{ name: "first", tell: () => Promise.reject(new Error("Slack is down")) }],
    });

    await expect(broken({ execution: failure, requestId: "a" })).rejects.toThrow("Slack is down");
    await announce(world.ports)({ execution: failure, requestId: "a" });

    expect(world.told).toHaveLength(1);
  });

  it("A2 does not repeat itself on a channel that has taken the message when another one has not", async () => {
    const world = memoryWorld();
    const [taking] = world.ports.channels;
    const refusing = { name: "second", tell: () => Promise.reject(new Error("Slack is down")) };
    const tell = announce({ ...world.ports, channels: [...(taking ? [taking] : []), refusing] });

    for (const _ of [1, 2, 3])
      await expect(tell({ execution: failure, requestId: "a" })).rejects.toThrow("Slack is down");

    expect(world.told.map(({ code }) => code)).toEqual(["BackupFailed", "ChannelFailed"]);
  });

  it("says what failed, what is intact and which command comes next", async () => {
    const world = memoryWorld();

    await announce(world.ports)({ execution: failure, requestId: "a" });

    const [message] = world.told;
    expect(message?.happened.join()).toContain("app-db: FormatIncomplete");
    expect(message?.intact).toBe("app-db has no verified point; sessions has no verified point");
    expect(message?.next.command).toContain(`-f check-source -d '{"source":"app-db"}'`);
    expect(message?.next.command).toContain(`-f start-backup -d '{"backup":"nightly"}'`);
  });

  it("sends a failure's alarm even when the repository can't tell what is intact", async () => {
    const world = memoryWorld();
    const folders = () => Promise.reject(new Error("KMS is down"));

    await announce({ ...world.ports, repository: { ...world.ports.repository, folders } })({
      execution: failure,
      requestId: "a",
    });

    expect(world.told[0]?.intact).toBe("not known: the repository could not be read (KMS is down)");
  });

  it("gives a command that a shell takes as it is, whatever stands in the request", async () => {
    const world = memoryWorld();
    const restore = {
      ...failure,
      stateMachineArn: failure.stateMachineArn.replace("backup", "restore"),
      input: '{"source":"app-db","because":"it\'s gone"}',
    };

    await announce(world.ports)({ execution: restore, requestId: "a" });

    expect(world.told[0]?.next.command).toContain(`-d '{"source":"app-db","because":"it'\\''s gone"}'`);
  });

  it("tells of a run that a hook has failed by the hook's own runbook, not as a failed restore", async () => {
    const world = memoryWorld();

    await announce(world.ports)({ execution: { ...failure, error: "HookFailed" }, requestId: "a" });

    expect(world.told).toMatchObject([
      {
        code: "HookFailed",
        next: { command: `npx sls invoke --stage test -f resume -d '{"again":true}'` },
        figures: [{ label: "execution" }, { value: "docs/runbooks/HookFailed.md" }],
      },
    ]);
  });

  it("N10 lets no name become a mention in Slack", async () => {
    const world = memoryWorld();

    await announce(world.ports)({ execution: failure, requestId: "a" });

    const [message] = world.told;
    expect(JSON.stringify(message && slackMessage(message))).not.toContain("<!channel>");
  });
});
