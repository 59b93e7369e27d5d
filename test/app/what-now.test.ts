import { describe, expect, it } from "vitest";
import { raiseAlarm } from "#app/alarm-log.ts";
import { createSigned } from "#app/signed-objects.ts";
import { whatNow } from "#app/what-now.ts";
import { RestoreId } from "#domain/ids.ts";
import { WhatNowByHand } from "#events/by-hand.ts";
import { RestoreByHand } from "#events/restore-requested.ts";
import { layout } from "../support/memory-world.ts";
import { havePoint, now, type RetentionWorld, retentionWorld } from "../support/retention-world.ts";

const hoursAgo = (hours: number) => new Date(now.getTime() - hours * 3_600_000);
const restoreId = RestoreId.parse("2026-11-20-134207-k3x9");

/** Points of 3, 27 and 51 hours ago; the newest is not verified. */
async function worldWithPoints() {
  const world = retentionWorld();
  await havePoint(world, hoursAgo(51));
  await havePoint(world, hoursAgo(27));
  await havePoint(world, hoursAgo(3));
  await havePoint(world, hoursAgo(1), { isVerified: false });
  return world;
}

/** A restore of 9 minutes and 12 seconds. */
async function wasRestored(
  world: RetentionWorld,
  target: string,
  { id = restoreId, finishedAt = "2026-11-20T13:51:19.000Z" } = {},
) {
  const key = layout.evidence(id);
  const body = JSON.stringify({
    ...{ schema: 1, restoreId: id, source: "app-db", target, backupId: "2026-11-20-020000-nightly" },
    ...{ recoveredTo: "2026-11-20T02:00:05.000Z", requestedBy: { claimed: null, execution: "arn:x" } },
    ...{ safetyBackupId: null, noSafetyBecause: null, phases: {}, factsCompared: 3, putThere: [], notes: [] },
    ...{ startedAt: "2026-11-20T13:42:07.000Z", finishedAt },
    kept: [{ what: "database app", drop: "DROP DATABASE …" }],
  });
  await createSigned(world.ports, key, (hash) => layout.proofSignature(key, hash), body);
}

const ask = (world: RetentionWorld, input: object, plan = {}) =>
  whatNow({ ...world.ports, plan: { ...world.ports.plan, ...plan } })(
    WhatNowByHand.parse({ source: "app-db", ...input }),
  );
/** The requests of the commands that it prints, each as start-restore takes it. */
const requestsIn = (next: string) =>
  [...next.matchAll(/-f start-restore -d '(\{.*?\})'$/gm)].map(([, json = ""]) => {
    RestoreByHand.parse(JSON.parse(json));
    return JSON.parse(json);
  });

describe("what-now", () => {
  it("shows for what was deleted the points from before it, what each loses, and the restore beside what is live", async () => {
    const world = await worldWithPoints();
    const since = hoursAgo(2).toISOString();
    const options = { databases: { app: "app_orders" }, only: { app: { tables: ["shop.orders"] } } };

    const answer = await ask(world, { what: "deleted", since, options });

    expect(answer.verdict).toBe(
      `deleted: app-db can be brought back into staging-db as it was at ${hoursAgo(3).toISOString()}: what was written in the 1h after that is not in it; what is live is not touched. It takes not measured: it was never restored`,
    );
    expect(answer.figures["points"]).toMatchObject([{ loses: "1h" }, { loses: "1d 1h" }, { loses: "2d 1h" }]);
    expect(answer.next.split("\n")[0]).toMatch(/^npx sls invoke --stage test -f start-restore -d /);
    expect(requestsIn(answer.next)).toEqual([{ source: "app-db", before: since, options }]);
  });

  it("gives for wrong data the restore into what is live, the way back of a restore that made it wrong, and a look beforehand", async () => {
    const world = await worldWithPoints();
    await wasRestored(world, "app-db-live");

    const answer = await ask(world, { what: "corrupt" });

    expect(answer.verdict).toContain("the 3h since then are lost, and stay in the old state");
    expect(answer.verdict).toContain(`It takes 9m 12s of 30m, as ${restoreId} into app-db-live`);
    expect(requestsIn(answer.next)).toEqual([
      { source: "app-db", target: "app-db-live", confirm: "app-db-live" },
      { source: "app-db" },
    ]);
    expect(answer.next).toContain(
      `npx sls invoke --stage test -f rollback-restore -d '{"restoreId":"${restoreId}","confirm":"app-db-live"}'`,
    );

    const later = await ask(world, { what: "corrupt", since: hoursAgo(2).toISOString() });
    expect(later.next).not.toContain("rollback-restore"); // it was well for a day after that
  });

  it("gives for a server that is gone the restore with and without a safety point", async () => {
    const world = await worldWithPoints();
    await wasRestored(world, "staging-db");

    const answer = await ask(world, { what: "gone" });

    expect(answer.figures["takes"]).toBe(`9m 12s of 30m, as ${restoreId} into staging-db`);
    const live = { source: "app-db", target: "app-db-live", confirm: "app-db-live" };
    expect(requestsIn(answer.next)).toEqual([live, { ...live, safety: "none", because: expect.any(String) }]);
  });

  it("AP-10 offers after an attack only points from before what was noticed first, into staging, and holds everything first", async () => {
    const world = await worldWithPoints();
    world.time.at = hoursAgo(20);
    const key = { source: "repository", code: "RepositoryTampered" };
    await raiseAlarm(world.ports, key, { severity: "critical", problem: "x" }, "by");
    world.time.at = now;

    const answer = await ask(world, { what: "attacked" });

    expect(answer.figures["before"]).toBe(hoursAgo(20).toISOString());
    expect(answer.figures["alarms"]).toEqual([`RepositoryTampered of repository since ${hoursAgo(20).toISOString()}`]);
    expect(answer.figures["points"]).toMatchObject([{ loses: "1d 3h" }, { loses: "2d 3h" }]);
    expect(answer.next.split("\n")[0]).toMatch(/ -f hold -d /);
    expect(requestsIn(answer.next)).toEqual([{ source: "app-db", before: hoursAgo(20).toISOString() }]);
  });

  it("GL-18 names outside of a role's hours the one that the plan names for then, once", async () => {
    const world = await worldWithPoints();
    const contacts = { ada: { email: "ada@example.com" }, grace: { email: "grace@example.com" } };
    const hours = { timeZone: "UTC", days: ["sun" as const], from: "08:00", to: "18:00", afterHours: "on-call" };
    const roles = { database: { primary: "ada", hours }, "on-call": { primary: "grace" } };

    const answer = await ask(world, { what: "gone" }, { contacts, roles });

    expect(now.toISOString()).toBe("2026-11-22T04:00:00.000Z"); // a Sunday, before eight
    expect(answer.figures["contacts"]).toMatchObject([{ role: "on-call", primary: { name: "grace" } }]);
  });

  it("AP-20 names the roles for this disaster, first and second, in the plan's order", async () => {
    const world = await worldWithPoints();
    const contacts = { ada: { name: "Ada", phone: "+4930123456" }, grace: { email: "grace@example.com" } };
    const roles = {
      security: { primary: "grace", disasters: ["attacked" as const] },
      database: { primary: "ada", secondary: "grace" },
    };

    const of = async (what: string, plan: object) => (await ask(world, { what }, plan)).figures["contacts"];

    const database = {
      ...{ role: "database", primary: { name: "Ada", phone: "+4930123456" } },
      secondary: { name: "grace", email: "grace@example.com" },
    };
    expect(await of("gone", { contacts, roles })).toEqual([database]);
    expect(await of("attacked", { contacts, roles })).toMatchObject([{ role: "security" }, database]);
    expect(await of("gone", { contacts })).toMatchObject([
      { primary: { name: "Ada" } },
      { primary: { name: "grace" } },
    ]);
    expect(await of("gone", {})).toEqual([]);
  });

  it("says so when no point is left, and lets nobody lose what there is", async () => {
    const world = await worldWithPoints();

    const answer = await ask(world, { what: "corrupt", since: hoursAgo(100).toISOString() });

    expect(answer.verdict).toBe(`app-db has NO verified point from before ${hoursAgo(100).toISOString()}`);
    expect(answer.next.split("\n")).toEqual([
      `npx sls invoke --stage test -f hold -d '{"why":"what happened","requestedBy":"your name"}'`,
      `npx sls invoke --stage test -f list-points -d '{"source":"app-db"}'`,
    ]);
  });

  it("takes no point that is of the very instant, and for anything but an attack no alarm for the beginning", async () => {
    const world = await worldWithPoints();
    await raiseAlarm(
      world.ports,
      { source: "app-db", code: "BackupFailed" },
      { severity: "critical", problem: "x" },
      "by",
    );

    const { figures } = await ask(world, { what: "deleted", since: hoursAgo(3).toISOString() });
    const unknown = await ask(world, { what: "corrupt" });

    expect(figures["points"]).toMatchObject([{ recoveredTo: hoursAgo(27).toISOString() }, {}]);
    expect(unknown.figures["before"]).toBe("not known: say it as since");
  });

  it("measures by a restore into the same target, however many newer ones went elsewhere", async () => {
    const world = await worldWithPoints();
    await wasRestored(world, "app-db-live");
    const id = RestoreId.parse("2026-11-21-134207-k3x9");
    await wasRestored(world, "staging-db", { id, finishedAt: "2026-11-21T13:51:19.000Z" });

    const { figures } = await ask(world, { what: "gone" });

    expect(figures["takes"]).toBe(`9m 12s of 30m, as ${restoreId} into app-db-live`);
  });

  it.each(["rolled back", "dropped"])("offers no way back that is gone: %s", async (how) => {
    const world = await worldWithPoints();
    await wasRestored(world, "app-db-live");
    const key = how === "dropped" ? layout.dropped(restoreId) : layout.rollback(restoreId);
    const record = { schema: 1, restoreId, source: "app-db", target: "app-db-live", keptFor: "7d" };
    const dropped = { ...record, finishedAt: hoursAgo(1).toISOString(), dropped: ["database app"] };
    await createSigned(world.ports, key, (hash) => layout.proofSignature(key, hash), JSON.stringify(dropped));

    const { next } = await ask(world, { what: "corrupt" });

    expect(next).not.toContain("rollback-restore");
  });

  it("refuses a word that it does not know, and a source that the plan does not have", async () => {
    const world = retentionWorld();

    expect(WhatNowByHand.safeParse({ what: "lost", source: "app-db" }).success).toBe(false);
    await expect(ask(world, { what: "gone", source: "nobody" })).rejects.toThrow('there is no source "nobody"');
  });
});
