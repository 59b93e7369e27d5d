import { describe, expect, it } from "vitest";
import { announce } from "#app/announce.ts";
import { describePoint } from "#app/describe-point.ts";
import { describeRestore } from "#app/describe-restore.ts";
import { newestThaw } from "#app/read-thaw.ts";
import { storeReading } from "#app/store-task-input.ts";
import { claimCancel } from "#app/swap-or-cancel.ts";
import { thawPoint } from "#app/thaw-point.ts";
import { whatNow } from "#app/what-now.ts";
import type { Archived } from "#domain/archive.ts";
import { copiesOf } from "#domain/copies.ts";
import { RestoreId } from "#domain/ids.ts";
import { WhatNowByHand } from "#events/by-hand.ts";
import { RestoreRequested } from "#events/restore-requested.ts";
import { copyWorld } from "../support/copy-world.ts";
import { memoryExecutions, restoreMachine } from "../support/memory-executions.ts";
import { daysAgo, havePoint, now } from "../support/retention-world.ts";

const restoreId = RestoreId.parse("2026-11-20-134207-k3x9");
const HOUR_MS = 3_600_000;

/** A point whose copy lies in an archive of `offsite`, or which lies in one here; S3 thaws when it is told to. */
async function frozenWorld(storageClass: Archived["storageClass"] = "DEEP_ARCHIVE", isCopy = true) {
  const from = isCopy ? "offsite" : undefined;
  const world = copyWorld();
  const backupId = await havePoint(world, daysAgo(1));
  await world.run();
  const archived: Archived = { storageClass, thaw: "not asked for" };
  const asked: { key: string; retrieval: string; days: number }[] = [];
  const { repository } = from ? world.there.ports : world.ports;
  const { head } = repository;
  repository.head = async (key, versionId) => {
    const stored = await head(key, versionId);
    return stored && key.endsWith(".gpg") ? { ...stored, archived: { ...archived } } : stored;
  };
  const thaw = async (key: string, _: string | undefined, how: { retrieval: string; days: number }) => {
    asked.push({ key, ...how });
    if (archived.thaw === "not asked for") archived.thaw = "under way";
  };
  const ports = { ...world.ports, openThawer: () => ({ thaw }) };
  const plan = {
    ...{ restoreId, source: "app-db", target: "staging-db", isLive: false, backupId, newerCommitted: [] },
    ...{ recoveredTo: now.toISOString(), startedAt: now.toISOString(), ...(from ? { from } : {}) },
  };
  return {
    ...{ world, archived, asked, backupId, ports },
    hoursLater: (hours: number) => {
      world.time.at = new Date(now.getTime() + hours * HOUR_MS);
    },
    look: (request: object = {}, planned: object = {}) =>
      thawPoint(ports)({
        input: RestoreRequested.parse({ source: "app-db", ...request }),
        plan: { ...plan, ...planned },
      }),
  };
}

describe("a restore of a point in an archive", () => {
  it.each([
    ["a copy", true],
    ["the repository", false],
  ] as const)(
    "GL-8 asks for the thaw once, tells people how long it takes, and goes on when all can be read, in %s",
    async (_, isCopy) => {
      const { world, archived, asked, look, hoursLater, backupId } = await frozenWorld("DEEP_ARCHIVE", isCopy);

      const first = await look();
      hoursLater(6);
      const second = await look();
      hoursLater(11);
      archived.thaw = "done";
      const last = await look();

      expect(first).toEqual({ isReadable: false, pauseSeconds: 15, seconds: 0, note: "" });
      expect(second).toMatchObject({ isReadable: false, pauseSeconds: 300 });
      expect(last).toEqual({
        ...{ isReadable: true, pauseSeconds: 0, seconds: 11 * 3600 },
        note: "It was thawed from DEEP_ARCHIVE in 11h (Standard).",
      });
      expect(asked).toEqual([{ key: expect.stringContaining(backupId), retrieval: "Standard", days: 3 }]);
      const told = world.happened.filter(({ type }) => type === "ThawRequested");
      expect(told).toMatchObject([
        {
          detail: {
            ...{ from: isCopy ? "offsite" : null, classes: ["DEEP_ARCHIVE"], requestedAt: now.toISOString() },
            expectedBy: new Date(now.getTime() + 12 * HOUR_MS).toISOString(),
          },
        },
      ]);
      for (const happening of told) await announce(world.ports)({ happening, requestId: "a" });
      expect(world.told).toMatchObject([
        {
          severity: "warning",
          title: "The restore of app-db into staging-db waits until its point is thawed: up to 12h",
          restore: { restoreId, is: "under way" },
        },
      ]);
    },
  );

  it("I2 tells again, and asks again, when it was cut off before it could write down that it had", async () => {
    const { world, asked, look, ports } = await frozenWorld();
    const { create } = ports.repository;
    ports.repository.create = async () => {
      throw new Error("503 Slow Down");
    };
    await expect(look()).rejects.toThrow("503");
    ports.repository.create = create;

    expect(await look()).toMatchObject({ isReadable: false });

    expect(asked).toHaveLength(2);
    expect(world.happened.filter(({ type }) => type === "ThawRequested")).toHaveLength(2); // announce tells once
  });

  it("waits for nothing where nothing lies in an archive; what is thawed already is asked to stay readable", async () => {
    const { archived, asked, look, ports } = await frozenWorld();
    archived.thaw = "done";
    expect(await look()).toMatchObject({ isReadable: true, seconds: 0, note: "" });
    expect(asked).toHaveLength(1);
    expect(await newestThaw(ports, restoreId)).toBeUndefined();
    expect(await look({}, { from: undefined })).toMatchObject({ isReadable: true });
    expect(asked).toHaveLength(1);
  });

  it("asks for nothing that would be in vain: a live target that was not named, a retrieval that takes too long or is not offered", async () => {
    const { asked, look } = await frozenWorld();
    const live = { isLive: true, target: "app-db-live" };

    await expect(look({}, live)).rejects.toMatchObject({ name: "ConfirmationNeeded" });
    for (const retrieval of ["Bulk", "Expedited"])
      await expect(look({ retrieval })).rejects.toMatchObject({ name: "InputInvalid" });

    expect(asked).toEqual([]);
    expect(await look({ confirm: "app-db-live" }, live)).toMatchObject({ isReadable: false });
  });

  it("X9 ends when it was cancelled meanwhile, and when S3 has had its time", async () => {
    const late = await frozenWorld("GLACIER");
    await late.look({ retrieval: "Expedited" });
    late.hoursLater(14);
    await expect(late.look({ retrieval: "Expedited" })).rejects.toMatchObject({ name: "ThawOverdue" });
    const { look, ports } = await frozenWorld();
    await look();
    await claimCancel(ports, restoreId);
    await expect(look()).rejects.toMatchObject({ name: "RestoreCancelled" });
  });
});

it("GL-8 is shown by describe-restore while it is waited for: percent, and when it is expected", async () => {
  const { look, ports, backupId, archived, hoursLater } = await frozenWorld();
  const machines = memoryExecutions();
  const { restoreId: begun } = machines.begin(restoreMachine, "by-hand-1", { source: "app-db" });
  const run = { runId: begun, task: "inspect-app-db", source: "app-db", engine: "postgresql", target: "staging-db" };
  await storeReading(ports, { verb: "inspect", ...run, backupId, section: {}, options: {} });
  const describeIt = async () => (await describeRestore({ ...ports, ...machines.ports })({ restoreId: begun })).verdict;

  await look({}, { restoreId: begun });
  hoursLater(2);
  const waiting = await describeIt();
  hoursLater(13);
  const late = await describeIt();
  archived.thaw = "done";
  await look({}, { restoreId: begun });
  const after = await describeIt();

  const at = new Date(now.getTime() + 12 * HOUR_MS).toISOString();
  const into = "RUNNING: app-db into staging-db: ";
  expect(waiting).toBe(
    `${into}thawing from DEEP_ARCHIVE (Standard), 0 %, expected by ${at} (in 10h), and then it is loaded`,
  );
  expect(late).toContain(`expected by ${at}: it takes longer than AWS says`);
  expect(after).toBe(`${into}looking at the target`);
});

describe("how long a restore takes", () => {
  it("GL-8 counts the thaw, in describe-point and, where the repository has lost the point, in what-now", async () => {
    const here = await frozenWorld("GLACIER", false);
    const point = { source: "app-db", backupId: here.backupId };
    const described = await describePoint(here.world.ports)(point);
    expect(described.verdict).toMatch(/It lies in GLACIER: a restore first waits up to 5h until it is thawed$/);

    const { world, archived, backupId } = await frozenWorld();
    for (const kept of [world.objects, world.artifacts])
      for (const key of kept.keys()) if (key.includes(backupId)) kept.delete(key);
    const ask = () => whatNow(world.ports)(WhatNowByHand.parse({ source: "app-db", what: "gone" }));
    const before = await ask();
    archived.thaw = "done";
    const after = await ask();

    expect(before.verdict).toContain("It takes up to 12h until it is thawed from DEEP_ARCHIVE, then not measured");
    expect(after.verdict).toContain("It takes not measured");
  });

  it("is told of each copy by the class that the plan gives it, and those that are read at once are taken first", async () => {
    const { world, backupId } = await frozenWorld();
    const { offsite } = world.ports.plan.copies;
    const copies = { cold: { ...offsite, storageClass: "GLACIER" as const }, offsite };

    const plan = { ...world.ports.plan, copies: { offsite: { ...offsite, storageClass: "GLACIER" as const } } };
    const { figures } = await describePoint({ ...world.ports, plan })({ source: "app-db", backupId });

    expect(figures["copies"]).toMatchObject([{ copy: "offsite", storageClass: "GLACIER", thaw: "up to 5h" }]);
    expect(copiesOf(copies, "app-db")).toEqual(["offsite", "cold"]);
  });
});
