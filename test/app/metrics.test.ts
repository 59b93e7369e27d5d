import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { emfMetrics } from "#adapters/aws/metrics.ts";
import { announce } from "#app/announce.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { planBackup } from "#app/plan-backup.ts";
import { recordEvidence } from "#app/record-evidence.ts";
import { BackupId, kindOfRun, RestoreId } from "#domain/ids.ts";
import { safetySources } from "#engines/descriptions.ts";
import { logLines } from "../support/log-lines.ts";
import { aBackup, aPlan, capture, layout, memoryWorld } from "../support/memory-world.ts";

const Emf = z.looseObject({
  _aws: z.object({
    Timestamp: z.number(),
    CloudWatchMetrics: z.tuple([
      z.object({
        Namespace: z.string(),
        Dimensions: z.tuple([z.array(z.string())]),
        Metrics: z.array(z.object({ Name: z.string(), Unit: z.string() })),
      }),
    ]),
  }),
});

/** What CloudWatch makes of the lines that the real adapter writes: per metric its value, its unit and its dimensions. */
async function measured(prefix: string, work: (metrics: ReturnType<typeof emfMetrics>) => Promise<unknown>) {
  const lines = await logLines(() => work(emfMetrics("prod", prefix)));
  return lines.map((line) => {
    const { _aws, ...fields } = Emf.parse(line);
    const [{ Namespace, Dimensions, Metrics }] = _aws.CloudWatchMetrics;
    expect(Namespace).toBe("holdfast");
    return {
      ...Object.fromEntries(Metrics.map(({ Name, Unit }) => [Name, `${fields[Name]} ${Unit}`])),
      of: Object.fromEntries(Dimensions[0].map((name) => [name, fields[name]])),
    };
  });
}

const failed = (machine: string, input: object) => ({
  executionArn: `arn:aws:states:us-east-1:0:execution:holdfast-test-${machine}:run-1`,
  stateMachineArn: `arn:aws:states:us-east-1:0:stateMachine:holdfast-test-${machine}`,
  name: "run-1",
  status: "TIMED_OUT" as const,
  input: JSON.stringify(input),
});

describe("AS-23 metrics", () => {
  it("AS-23 measure each point of a committed backup and count the run, under the prefix of the plan", async () => {
    const { ports, ...world } = memoryWorld();
    const captures = ["app-db", "sessions"].map((source) => capture({ ports, ...world }, source));

    const found = await measured("aegis", (metrics) =>
      commitBackup({ ...ports, metrics })({ backupId: aBackup, sources: ["app-db", "sessions"], captures }),
    );

    expect(found).toEqual([
      {
        aegis_backup_duration_seconds: "8 Seconds",
        aegis_backup_size_bytes: "15 Bytes",
        of: { stage: "prod", source: "app-db" },
      },
      {
        aegis_backup_duration_seconds: "8 Seconds",
        aegis_backup_size_bytes: "17 Bytes",
        of: { stage: "prod", source: "sessions" },
      },
      { aegis_backup_success_total: "1 Count", of: { stage: "prod", backup: "nightly" } },
    ]);
  });

  it("AS-23 count no success for a run of which one source failed", async () => {
    const world = memoryWorld();

    await commitBackup(world.ports)({
      backupId: aBackup,
      sources: ["app-db", "sessions"],
      captures: [capture(world, "app-db")],
    });

    expect(world.measured).toEqual([{ backup_duration_seconds: 8, backup_size_bytes: 15, source: "app-db" }]);
  });

  it.each([
    [{ backup: "nightly", scheduledTime: "2026-02-23T02:00:00Z" }, "nightly"],
    [{ backup: "nightly" }, "manual"],
    [{ safetyFor: "2026-02-23-134207-k3x9", target: "app-db-live" }, "safety"],
    [{ nonsense: true }, "manual"],
  ])("AS-23 count a failed run once, however it died and however often the event comes: %j", async (input, backup) => {
    const { ports } = memoryWorld();

    const found = await measured("aegis", async (metrics) => {
      const tell = announce({ ...ports, metrics });
      for (const requestId of ["a", "b"]) await tell({ execution: failed("backup", input), requestId });
    });

    expect(found).toEqual([{ aegis_backup_failure_total: "1 Count", of: { stage: "prod", backup } }]);
  });

  it("AS-23 say of a restore into a target that is not live how long it took, and of a failed one that it failed", async () => {
    const world = memoryWorld();
    const restoreId = RestoreId.parse("2026-02-23-134207-k3x9");
    const outcome = {
      ...{ succeeded: true, task: "app-db", attempt: 0, finishedAt: "2026-02-23T13:45:07.500Z" },
      ...{ phases: { load: 1 }, factsCompared: 4, putThere: [], kept: [], notes: [] },
    };
    world.objects.set(layout.outcome(restoreId, "app-db", 0), new TextEncoder().encode(JSON.stringify(outcome)));
    const restored = (metrics: ReturnType<typeof emfMetrics>, isLive: boolean) =>
      recordEvidence({ ...world.ports, metrics })({
        input: { source: "app-db", options: {}, despite: [], safety: "before", retrieval: "Standard" },
        plan: {
          ...{ restoreId, source: "app-db", target: "staging-db", isLive, backupId: aBackup, newerCommitted: [] },
          ...{ recoveredTo: "2026-02-23T02:00:05.000Z", startedAt: "2026-02-23T13:42:07.000Z" },
        },
        executionId: "arn",
        thaw: { seconds: 0, note: "" },
        safetyBackupId: undefined,
        restored: [{ source: "app-db", task: { exitCodes: [0] } }],
      });
    const of = { stage: "prod", source: "app-db" };

    expect(await measured("aegis", (metrics) => restored(metrics, false))).toEqual([
      { aegis_recovery_test_duration_seconds: "180.5 Seconds", aegis_recovery_test_success: "1 Count", of },
    ]);
    expect(await measured("aegis", (metrics) => restored(metrics, true))).toEqual([]);
    const fail = (target?: string) => (metrics: ReturnType<typeof emfMetrics>) =>
      announce({ ...memoryWorld().ports, metrics })({
        execution: failed("restore", { source: "app-db", ...(target ? { target } : {}) }),
        requestId: "a",
      });
    expect(await measured("aegis", fail())).toEqual([{ aegis_recovery_test_success: "0 Count", of }]);
    expect(await measured("aegis", fail("app-db-live"))).toEqual([]);
  });

  it("O3 count a start that found its run claimed", async () => {
    const world = memoryWorld();
    const plan = planBackup({ ...world.ports, plan: aPlan, escrow: null, safetySources });
    const input = { backup: "nightly", scheduledTime: "2026-02-23T02:00:00Z" };

    for (const id of ["arn:one", "arn:two"])
      await plan({ input, execution: { id, startTime: "2026-02-23T02:00:03.123Z" } });

    expect(world.measured).toEqual([{ backup_skipped_total: 1, backup: "nightly" }]);
  });

  it("have as many time series as the plan has backups and sources: single runs are none", () => {
    const kinds = ["nightly", "manual-k3x9", "safety-2026-02-23-134207-k3x9", "manual"].map((name) =>
      kindOfRun(BackupId.parse(`2026-02-23-020000-${name}`)),
    );
    expect(kinds).toEqual(["nightly", "manual", "safety", "manual"]);
  });
});

it("docs/reference/metrics.md lists every metric that there is", () => {
  const names = [...readFileSync("lib/ports/metrics.ts", "utf8").matchAll(/\| "(\w+)"/g)].map(([, name]) => name);
  const listed = [...readFileSync("docs/reference/metrics.md", "utf8").matchAll(/^\| `holdfast_(\w+)`/gm)];
  expect(names.length).toBeGreaterThan(5);
  expect(listed.map(([, name]) => name).toSorted()).toEqual(names.toSorted());
});
