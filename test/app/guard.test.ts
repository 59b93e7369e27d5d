import { describe, expect, it } from "vitest";
import { announce } from "#app/announce.ts";
import { proveAudit } from "#app/audit-log.ts";
import { readCatalog } from "#app/catalog.ts";
import { commitBackup } from "#app/commit-backup.ts";
import { describeSource } from "#app/describe-source.ts";
import { findLatest } from "#app/find-latest.ts";
import { listPoints } from "#app/list-points.ts";
import { planRestore } from "#app/plan-restore.ts";
import { planRetention } from "#app/plan-retention.ts";
import { planVerify } from "#app/plan-verify.ts";
import { quarantine } from "#app/quarantine.ts";
import { recordProofs } from "#app/record-proofs.ts";
import { release } from "#app/release.ts";
import type { Facts } from "#domain/facts.ts";
import { type BackupId, RestoreId, safetyBackupId, scheduledBackupId } from "#domain/ids.ts";
import { restoreOptions } from "#engines/descriptions.ts";
import { RestoreRequested } from "#events/restore-requested.ts";
import { artifactOf, capture, layout } from "../support/memory-world.ts";
import { daysAgo, now, type RetentionWorld, retentionWorld } from "../support/retention-world.ts";

const asked = { why: "somebody has looked", requestedBy: "ada" };
const facts = (orders: number): Facts => ({ databases: { app: { rows: { "public.orders": orders } } } });
type Holds = { orders?: number; bytes?: number; plainBytes?: number };

/** A backup of `app-db` as it comes: captured, committed and read back by a run of its own. */
async function backUp(world: RetentionWorld, backupId: BackupId, recoveredTo: Date, holds: Holds = {}) {
  const { orders = 50_000, bytes = 400_000, plainBytes = 1_000_000 } = holds;
  const one = artifactOf(backupId, "app-db", "x");
  const parts = [{ bytes, sha256: one.sha256 }];
  const artifact = { ...one, subject: "app", bytes, plainBytes, parts };
  const what = { recoveredTo: recoveredTo.toISOString(), artifacts: [artifact], facts: facts(orders) };
  const captures = [capture(world, "app-db", what, backupId)];
  world.artifacts.set(artifact.key, artifact);
  await commitBackup(world.ports)({ backupId, sources: ["app-db"], captures });
  return readBack(world, backupId);
}
async function readBack(world: RetentionWorld, backupId: BackupId, again = false) {
  const name = `${backupId}${again ? "-again" : ""}`;
  const planned = await planVerify(world.ports)({ input: { backupId, again }, execution: { name } });
  const outcome = { succeeded: true, task: "app-db", attempt: 0, quarantine: [], bytesRead: 15 };
  const ended = JSON.stringify({ ...outcome, finishedAt: world.time.at.toISOString() });
  world.objects.set(layout.outcome(planned.runId, "app-db", 0), new TextEncoder().encode(ended));
  const verified = [{ source: "app-db", task: { exitCodes: [0] } }];
  const recorded = () => recordProofs(world.ports)({ ...planned, sources: ["app-db"], verified });
  return { ...(await recorded()), recordAgain: recorded };
}
const idOf = (at: Date) => scheduledBackupId("nightly", at);
/** So many nights before `now`, oldest first, each a bit larger. */
async function nights(world: RetentionWorld, count: number, holds: Holds = {}) {
  const ids: BackupId[] = [];
  for (let night = count; night > 0; night--) {
    const at = daysAgo(night);
    await backUp(world, idOf(at), at, { ...holds, bytes: 400_000 + 1_000 * (count - night) });
    ids.push(idOf(at));
  }
  world.happened.length = 0;
  return ids;
}
const latestOf = async (world: RetentionWorld) =>
  (await findLatest(world.ports, ["app-db"]))["app-db"]?.latest?.backupId;
const frozen = async (world: RetentionWorld) => (await planRetention(world.ports)({})).verdict;
const proofOf = async (world: RetentionWorld, id: BackupId) =>
  (await readCatalog(world.ports)).points.find(({ backupId }) => backupId === id)?.proof;
const tonight = idOf(now);

describe("the anomaly guard", () => {
  it("AS-22 T8 S8 marks a point that has lost its rows, tells once, keeps latest where it is and freezes retention, until a person releases it", async () => {
    const world = retentionWorld();
    const before = (await nights(world, 40)).at(-1);

    const recorded = await backUp(world, tonight, now, { orders: 9_000 });

    expect(recorded.outcome).toBe("VERIFIED");
    expect(await proofOf(world, tonight)).toBe("suspicious");
    expect(await latestOf(world)).toBe(before);
    expect(await frozen(world)).toContain(`let 0 expire and delete 0; app-db is frozen: ${tonight} is suspicious`);
    expect((await listPoints(world.ports)({ newest: 5 })).verdict).toContain(`(newer, SUSPICIOUS: ${tonight})`);
    expect(world.happened).toMatchObject([
      { type: "BackupCommitted" },
      { type: "AlarmRaised", detail: { code: "PointSuspicious", source: "app-db", problem: `app-db after ${before}` } },
    ]);
    const [, alarm] = world.happened;
    if (!alarm) throw new Error("no alarm");
    await announce(world.ports)({ happening: alarm, requestId: "a" });
    expect(world.told[0]?.happened).toContain("app › public.orders has 9000 rows and never had fewer than 50000");

    const freed = await release(world.ports)({ source: "app-db", backupId: tonight, ...asked }, "call-1");

    expect(freed.verdict).toBe(`app-db in ${tonight} is released: it is verified`);
    expect(await latestOf(world)).toBe(tonight);
    expect(await frozen(world)).not.toContain("frozen");
    expect(world.happened.slice(2)).toMatchObject([
      { type: "AlarmRecovered", detail: { code: "PointSuspicious", source: "app-db" } },
      { type: "PointVerified", detail: { backupId: tonight } },
    ]);
    const { entries, breaks } = await proveAudit(world.ports);
    expect(breaks).toEqual([]);
    expect(entries.at(-1)?.entry).toMatchObject({
      ...{ what: "release", to: `${tonight} app-db`, because: asked.why, who: { claimed: "ada", call: "call-1" } },
      outcome: expect.stringContaining("has 9000 rows"),
    });
  });

  it("takes what a person has released for usual from then on: the next point is like it, and one that shrinks again is not", async () => {
    const world = retentionWorld();
    await nights(world, 20);
    await backUp(world, tonight, now, { orders: 9_000 });
    await release(world.ports)({ source: "app-db", backupId: tonight, ...asked }, "call-1");
    const [noon, evening] = [daysAgo(-0.4), daysAgo(-0.6)];

    await backUp(world, idOf(noon), noon, { orders: 9_100 });
    await backUp(world, idOf(evening), evening, { orders: 100 });

    expect(await proofOf(world, idOf(noon))).toBe("verified");
    expect(await proofOf(world, idOf(evening))).toBe("suspicious");
  });

  it("T8 takes no flood of tiny points for usual: each is suspicious, all are one alarm, and latest stays", async () => {
    const world = retentionWorld();
    const before = (await nights(world, 20)).at(-1);

    for (let index = 0; index < 30; index++) {
      const at = new Date(now.getTime() + index * 1_000);
      await backUp(world, idOf(at), at, { orders: 1, bytes: 50 });
    }

    expect(await latestOf(world)).toBe(before);
    const alarms = world.happened.filter(({ type }) => type === "AlarmRaised");
    expect(alarms).toHaveLength(30);
    for (const happening of alarms) await announce(world.ports)({ happening, requestId: happening.type });
    expect(world.told).toHaveLength(1);
  });

  it("marks data that no longer compresses, and judges neither a young history, nor a safety point, nor what is read again", async () => {
    const encrypted = { bytes: 980_000, plainBytes: 1_000_000 };
    const young = retentionWorld();
    await nights(young, 2);
    await backUp(young, tonight, now, encrypted);
    expect(await proofOf(young, tonight)).toBe("verified");

    const world = retentionWorld();
    const [first] = await nights(world, 20);
    await backUp(world, tonight, now, encrypted);
    expect(await proofOf(world, tonight)).toBe("suspicious");
    const safety = safetyBackupId(RestoreId.parse("2026-11-22-050000-k3x9"), daysAgo(-0.1));
    await backUp(world, safety, daysAgo(-0.1), encrypted);
    expect(await proofOf(world, safety)).toBe("verified");
    if (!first) throw new Error("no points");
    await readBack(world, first, true);
    expect(await proofOf(world, first)).toBe("verified");
  });

  it("comes to the same when the function that records it is tried again, and never says that the point is restorable", async () => {
    const world = retentionWorld();
    await nights(world, 5);

    const { recordAgain } = await backUp(world, tonight, now, { orders: 1 });
    const again = await recordAgain();

    expect(again.outcome).toBe("VERIFIED");
    expect(await proofOf(world, tonight)).toBe("suspicious");
    expect(world.happened.map(({ type }) => type)).toEqual(["BackupCommitted", "AlarmRaised", "AlarmRaised"]);
    const names = [...world.objects.keys()].filter((key) => key.startsWith(`test/${tonight}/proofs/`));
    expect(names.filter((key) => key.endsWith(".json"))).toHaveLength(2);
  });

  it("keeps to the limits of the plan", async () => {
    const world = retentionWorld();
    const limits = { shrink: 99, grow: 200, density: 50, schema: "may-change" as const };
    const ports = { ...world.ports, plan: { ...world.ports.plan, anomalies: { default: limits, sources: {} } } };
    await nights(world, 5);

    await backUp({ ...world, ports }, tonight, now, { orders: 1_000 });

    expect(await proofOf(world, tonight)).toBe("verified");
  });

  it("R3 stays suspicious when the mark's signature is lost; a release that is not signed frees nothing", async () => {
    const world = retentionWorld();
    await nights(world, 5);
    await backUp(world, tonight, now, { orders: 1 });
    const mark = [...world.objects.keys()].find((key) => /\/suspicious-.*json$/.test(key)) ?? "";
    const forged = { schema: 1, backupId: tonight, source: "app-db", releases: [mark.replace(/.*\/|\.json$/g, "")] };
    const said = { ...forged, why: "", who: { claimed: "", call: "" }, releasedAt: now.toISOString() };

    world.objects.set(mark, new TextEncoder().encode("{}"));
    const key = layout.proof(tonight, "app-db", "released", "x");
    world.objects.set(key, new TextEncoder().encode(JSON.stringify(said)));

    expect(await proofOf(world, tonight)).toBe("suspicious");
  });
});

describe("a point that is held back", () => {
  const restoreOf = (world: RetentionWorld, backupId: BackupId) =>
    planRestore({ ...world.ports, restoreOptions })({
      input: RestoreRequested.parse({ source: "app-db", backupId }),
      execution: { id: "arn:restore", startTime: now.toISOString() },
    });

  it("is not restored by its id either, before somebody has released it", async () => {
    const world = retentionWorld();
    await nights(world, 5);
    await backUp(world, tonight, now, { orders: 1 });

    await expect(restoreOf(world, tonight)).rejects.toMatchObject({
      name: "NoSuchPoint",
      message: expect.stringContaining("SUSPICIOUS: it has only 1 rows where 50000 are usual"),
    });
    await release(world.ports)({ source: "app-db", backupId: tonight, ...asked }, "call-1");
    expect((await restoreOf(world, tonight)).plan.backupId).toBe(tonight);
  });

  it("is bad for good when a person says so: retention thaws, what is usual stays as it was, and a release takes it back", async () => {
    const world = retentionWorld();
    await nights(world, 40);
    await backUp(world, tonight, now, { orders: 1 });
    const tomorrow = daysAgo(-1);
    await backUp(world, idOf(tomorrow), tomorrow, { orders: 2 });
    const at = { source: "app-db", ...asked };

    const said = await quarantine(world.ports)({ ...at, backupId: tonight }, "call-1");
    expect(said.figures).toMatchObject({ was: "suspicious", stillSuspicious: [idOf(tomorrow)] });
    expect(world.happened.map(({ type }) => type)).not.toContain("AlarmRecovered");
    await quarantine(world.ports)({ ...at, backupId: idOf(tomorrow) }, "call-2");
    expect(world.happened.at(-1)).toMatchObject({ type: "AlarmRecovered", detail: { code: "PointSuspicious" } });
    const later = daysAgo(-2);
    await backUp(world, idOf(later), later);

    expect(said.verdict).toContain(`app-db in ${tonight} is quarantined: no restore takes it. latest is 2026-11-21`);
    expect(await latestOf(world)).toBe(idOf(later));
    world.time.at = later;
    expect(await frozen(world)).not.toContain("frozen");
    await expect(quarantine(world.ports)({ ...at, backupId: tonight }, "call-3")).rejects.toThrow(
      "is quarantined already",
    );
    const freed = await release(world.ports)({ ...at, backupId: tonight }, "call-4");
    expect(freed.figures).toMatchObject({ was: "quarantined", is: "verified" });
    await expect(release(world.ports)({ ...at, backupId: tonight }, "call-5")).rejects.toMatchObject({
      name: "InputInvalid",
      message: `backupId: nothing holds app-db in ${tonight} back: it is verified`,
    });
  });

  it("has to be read back anew when it was quarantined before anything had verified it; a new quarantine counts again", async () => {
    const world = retentionWorld();
    const captures = [capture(world, "app-db", { recoveredTo: now.toISOString() }, tonight)];
    await commitBackup(world.ports)({ backupId: tonight, sources: ["app-db"], captures });
    const wrong = { "app-db": ["ArtifactMissing: gone"] };
    const record = (runId: string) =>
      recordProofs(world.ports)({ backupId: tonight, runId, wrong, sources: [], verified: [] });
    await record("verify-one");

    const freed = await release(world.ports)({ source: "app-db", backupId: tonight, ...asked }, "call-1");

    expect(freed.verdict).toBe(`app-db in ${tonight} is released: it is committed, and has to be read back anew`);
    expect(await proofOf(world, tonight)).toBe("committed");
    await record("verify-two");
    expect(await proofOf(world, tonight)).toBe("quarantined");
  });
});

describe("the timeline of a source", () => {
  const describeIt = async (world: RetentionWorld, newest = 90) => {
    const { verdict, figures, next } = await describeSource(world.ports)({ source: "app-db", newest });
    return { verdict, next, table: (figures["table"] as string[]).join("\n") };
  };

  it("GL-22 AP-23 names the first suspicious point and the last good one before it, and how to have that one back", async () => {
    const world = retentionWorld();
    await nights(world, 10);
    const tomorrow = daysAgo(-1);
    await backUp(world, tonight, now, { bytes: 990_000 });
    await backUp(world, idOf(tomorrow), tomorrow, { bytes: 990_000, orders: 3 });

    const { verdict, table, next } = await describeIt(world);

    expect(verdict).toMatch(
      `The first suspicious point of app-db is ${tonight}, of ${now.toISOString()}: app hardly compresses any more`,
    );
    expect(verdict).toContain(`The last good one before it is ${idOf(daysAgo(1))}`);
    expect(table).toMatch(/consistent at \(UTC\) .* backup .* rows .* plain .* stored .* % .* schema .* state/);
    expect(table).toMatch(/2026-11-12 04:00:00 .* 50,000 .* 1 MB .* 400 kB .* 40 .* verified/);
    expect(table).toMatch(new RegExp(`${idOf(tomorrow)} .* 3 .* 99 .* suspicious`));
    expect(next).toContain(`start-restore -d '{"source":"app-db","before":"${now.toISOString()}"}'`);
  });

  it("finds silent shrinking in points that nobody has judged, says who has released what, and refuses a source without points", async () => {
    const world = retentionWorld();
    const lenient = { shrink: 100, grow: 200, density: 50, schema: "may-change" as const };
    const plan = { ...world.ports.plan, anomalies: { default: lenient, sources: {} } };
    await nights(world, 6);
    await backUp({ ...world, ports: { ...world.ports, plan } }, tonight, now, { orders: 4 });

    expect((await describeIt(world)).verdict).toContain(`The first suspicious point of app-db is ${tonight}`);
    const judged = retentionWorld();
    await nights(judged, 6);
    expect((await describeIt(judged)).verdict).toBe("None of 6 points of app-db is unlike those before it");
    await backUp(judged, tonight, now, { orders: 4 });
    await release(judged.ports)({ source: "app-db", backupId: tonight, ...asked }, "call-1");
    const { verdict, table } = await describeIt(judged);
    expect(verdict).toBe("None of 7 points of app-db is unlike those before it");
    expect(table).toContain("verified, released by ada: somebody has looked");
    await expect(describeSource(world.ports)({ source: "sessions", newest: 5 })).rejects.toThrow(
      'none of the newest 5 backups holds a point of "sessions"',
    );
  });
});
