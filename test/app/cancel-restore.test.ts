import { expect, it } from "vitest";
import { cancelRestore } from "#app/cancel-restore.ts";
import { describeRestore } from "#app/describe-restore.ts";
import { claimSwap, throwIfDecidedAgainst } from "#app/swap-or-cancel.ts";
import { RestoreCancelled } from "#domain/errors.ts";
import { RestoreId } from "#domain/ids.ts";
import { backupMachine, memoryExecutions, restoreMachine } from "../support/memory-executions.ts";
import { aBackup, aPlan, layout, memoryWorld } from "../support/memory-world.ts";

const request = { source: "app-db", target: "app-db-live", confirm: "app-db-live", requestedBy: "me" };
const because = "the wrong night was chosen";
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** A restore that runs, as far as `tasks` of it have been told what to do. */
function running(...tasks: ("inspect" | "restore")[]) {
  const world = memoryWorld();
  const machines = memoryExecutions();
  const { arn, restoreId } = machines.begin(restoreMachine, "by-hand-1", request);
  const ports = { ...world.ports, ...machines.ports, plan: aPlan, lookEveryMs: 1 };
  const run = { runId: restoreId, source: "app-db", engine: "postgresql", backupId: aBackup, target: "app-db-live" };
  const section = { section: {}, options: {} };
  for (const verb of tasks) {
    const task = verb === "inspect" ? "inspect-app-db" : "app-db";
    const more = verb === "inspect" ? {} : { restoreId, fingerprint: "server 1" };
    world.objects.set(layout.taskInput(restoreId, task), encode({ verb, ...run, task, ...section, ...more }));
  }
  const progress = (number: number, percent: number) =>
    world.objects.set(
      layout.progress(restoreId, "app-db", 0, number),
      encode({
        ...{ phase: "load", bytes: percent, totalBytes: 100, percent },
        ...{ loadedAt: "2026-02-23T03:05:00.000Z", at: "2026-02-23T02:59:59.000Z" },
      }),
    );
  const failed = () =>
    world.objects.set(
      layout.outcome(restoreId, "app-db", 0),
      encode({
        succeeded: false,
        task: "app-db",
        attempt: 0,
        error: { name: "Interrupted", message: "stopped" },
        finishedAt: "2026-02-23T03:00:00.000Z",
      }),
    );
  const cancel = (patienceMs = 5_000) =>
    cancelRestore({ ...ports, patienceMs })({ restoreId, because, requestedBy: "the night shift" }, "call-1");
  const describe = (wanted: object = { restoreId }) => describeRestore(ports)(wanted);
  return { world, machines, arn, restoreId, progress, failed, cancel, describe, ports };
}

it("X9 stops the task of a restore that loads, waits for its end, and writes down who wanted that and why", async () => {
  const restore = running("inspect", "restore");
  restore.progress(1, 43);
  restore.machines.runTask("arn:task", layout.taskInput(restore.restoreId, "app-db"), () => {
    restore.failed();
    restore.machines.end(restore.arn, "FAILED", { error: "RestoreFailed" });
  });
  restore.machines.runTask("arn:other", layout.taskInput("2026-02-23-025959-ffff", "app-db"));

  const { verdict, figures, next } = await restore.cancel();

  expect(verdict).toBe("CANCELLED: app-db-live is as it was, nothing was swapped in");
  expect(figures).toMatchObject({
    at: "load, 43 %",
    cancelled: { because, requestedBy: { claimed: "the night shift" } },
  });
  expect(next).toBe("Nothing.");
  expect(restore.machines.stopped).toEqual(["arn:task"]);
  expect([...restore.world.objects.keys()]).toContain(layout.cancelled(restore.restoreId));
});

it("X9 does nothing a second time, and says who it was", async () => {
  const restore = running("inspect");
  restore.machines.runTask("arn:task", layout.taskInput(restore.restoreId, "inspect-app-db"), () =>
    restore.machines.end(restore.arn, "FAILED"),
  );

  await restore.cancel();
  const again = await restore.cancel();

  expect(again.verdict).toMatch(
    /^CANCELLED already, at .*, because: the wrong night was chosen\. app-db-live is as it was$/,
  );
  expect(restore.machines.stopped).toEqual(["arn:task"]);
});

it("X9 stops the run that takes the safety point of this restore, and no other run", async () => {
  const restore = running("inspect", "restore");
  const { arn: safety } = restore.machines.begin(backupMachine, "child", {
    safetyFor: restore.restoreId,
    target: "app-db-live",
    holds: ["app"],
  });
  const { arn: nightly } = restore.machines.begin(backupMachine, "nightly", { backup: "nightly" });
  const { stop } = restore.ports.executions;
  restore.ports.executions.stop = async (arn, cause) => {
    await stop(arn, cause);
    restore.machines.end(restore.arn, "FAILED");
  };

  const { verdict } = await restore.cancel();

  expect(verdict).toContain("CANCELLED");
  expect(restore.machines.stopped).toEqual([safety]);
  expect((await restore.ports.executions.describe(nightly)).status).toBe("RUNNING");
});

it("X9 touches nothing once the swap has begun, and names the way back", async () => {
  const restore = running("inspect", "restore");
  restore.machines.runTask("arn:task", layout.taskInput(restore.restoreId, "app-db"));
  await claimSwap(restore.world.ports, restore.restoreId);

  const { verdict, next } = await restore.cancel();

  expect(verdict).toBe(
    `Too late: the swap of ${restore.restoreId} had begun. It goes on to its end, and nothing was stopped`,
  );
  expect(next).toContain(`-f rollback-restore -d '{"restoreId":"${restore.restoreId}","confirm":"app-db-live"}'`);
  expect(restore.machines.stopped).toEqual([]);
  expect(restore.world.objects.has(layout.cancelled(restore.restoreId))).toBe(false);
});

it("X9 lets no restore come to its swap that was cancelled, whoever was faster otherwise", async () => {
  const restore = running("inspect", "restore");

  await restore.cancel(0);

  await expect(claimSwap(restore.world.ports, restore.restoreId)).rejects.toThrow(RestoreCancelled);
  await expect(throwIfDecidedAgainst(restore.world.ports, restore.restoreId)).rejects.toThrow(
    "The target is as it was",
  );
});

it("X9 says that something still runs when its end does not come in time, and that nothing will be swapped all the same", async () => {
  const restore = running("inspect", "restore");
  restore.machines.runTask("arn:task", layout.taskInput(restore.restoreId, "app-db"), () =>
    restore.machines.runTask("arn:task", layout.taskInput(restore.restoreId, "app-db")),
  );

  const { verdict, next } = await restore.cancel(5);

  expect(verdict).toBe(
    "CANCELLED: nothing will be swapped into app-db-live, which is as it was; but something of the restore still runs",
  );
  expect(next).toContain("again");
});

it("X9 says what a task may have left that had to be killed", async () => {
  const restore = running("inspect", "restore");
  restore.progress(1, 43);
  restore.machines.runTask("arn:task", layout.taskInput(restore.restoreId, "app-db"), () =>
    restore.machines.end(restore.arn, "FAILED"),
  );

  const { figures, next } = await restore.cancel();

  expect(JSON.stringify(figures)).toContain(`databases holdfast_${restore.restoreId}_<n>`);
  expect(next).toContain("docs/runbooks/RestoreFailed.md");
});

it.each([
  ["SUCCEEDED", /^Too late: \S+ has ended/],
  ["FAILED", /^There is nothing to cancel: \S+ ended FAILED$/],
])("X9 leaves a restore alone that has ended %s", async (status, words) => {
  const restore = running("inspect", "restore");
  restore.machines.end(restore.arn, status);

  const { verdict } = await restore.cancel();

  expect(verdict).toMatch(words);
  expect([...restore.world.objects.keys()].filter((key) => /cancel/.test(key))).toEqual([]);
});

it("X9 lists what there is when there is no restore of that id", async () => {
  const restore = running();
  const restoreId = RestoreId.parse("2026-02-23-134207-k3x9");

  const asked = cancelRestore(restore.ports)({ restoreId, because }, "call-1");

  await expect(asked).rejects.toThrow(
    `there is no restore ${restoreId}. The newest are: ${restore.restoreId} (app-db, RUNNING).`,
  );
});

it("SK-8 tells how far a restore is: phase, percent, when it will be loaded, against its objective, and how to stop it", async () => {
  const restore = running("inspect", "restore");
  restore.progress(9, 42);
  restore.progress(10, 43);

  const { verdict, figures, next } = await restore.describe();
  const all = await restore.describe({});

  expect(verdict).toBe(
    "RUNNING: app-db into app-db-live: load, 43 %, loaded at about 2026-02-23T03:05:00.000Z (in 5m)",
  );
  expect(figures["restores"]).toMatchObject([
    {
      restoreId: restore.restoreId,
      percent: 43,
      bytes: "43 B of 100 B",
      took: "10m",
      rto: "30m",
      isLate: false,
      safetyPoint: "none",
    },
  ]);
  expect(String(figures["table"])).toContain("load, 43 %");
  expect(next).toContain(`-f cancel-restore -d '{"restoreId":"${restore.restoreId}","because":"…"}'`);
  expect(all.verdict).toBe(verdict);
});

it("SK-8 names the state of a restore that has not come to loading yet", async () => {
  const at = async (...tasks: ("inspect" | "restore")[]) => (await running(...tasks).describe()).verdict;
  const safety = running("inspect", "restore");
  const safetyId = `2026-02-23-025100-safety-${safety.restoreId}`;
  safety.world.objects.set(`${layout.runs}${safetyId}/claim.json`, encode({}));
  const taking = (await safety.describe()).verdict;
  safety.world.objects.set(layout.manifest(safetyId as typeof aBackup), encode({}));

  expect(await at()).toContain("app-db-live: choosing the point");
  expect(await at("inspect")).toContain("app-db-live: looking at the target");
  expect(await at("inspect", "restore")).toContain("app-db-live: starting the task that loads");
  expect(taking).toContain("app-db-live: taking the safety point");
  expect((await safety.describe()).verdict).toContain("app-db-live: starting the task that loads");
});

it("SK-8 says of a restore that has ended what came of it, and what comes next", async () => {
  const failed = running("inspect");
  failed.machines.end(failed.arn, "FAILED", { error: "ConfirmationNeeded", cause: "app-db-live is live" });
  const cancelled = running("inspect", "restore");
  await cancelled.cancel(0);
  const ending = (await cancelled.describe()).verdict;
  cancelled.machines.end(cancelled.arn, "FAILED");

  expect(await failed.describe({ source: "app-db" })).toMatchObject({
    verdict: "FAILED: app-db into app-db-live: app-db-live is live",
    next: "See docs/runbooks/RestoreFailed.md",
  });
  expect((await failed.describe({})).verdict).toBe("No restore runs");
  await expect(failed.describe({ source: "sessions" })).rejects.toThrow('no restore of "sessions" is among the newest');
  expect(ending).toBe("RUNNING: the restore of app-db into app-db-live is being cancelled");
  expect(await cancelled.describe()).toMatchObject({
    verdict: `CANCELLED by the night shift, because: ${because}. app-db-live is as it was`,
    next: expect.stringContaining(`-f start-restore -d '${JSON.stringify(request)}'`),
  });
});
