import { describe, expect, it } from "vitest";
import { hold } from "#app/hold.ts";
import { planRetention } from "#app/plan-retention.ts";
import { planVerify } from "#app/plan-verify.ts";
import { storeReading } from "#app/store-task-input.ts";
import { daysAgo, haveNights, havePoint, now, retentionWorld } from "../support/retention-world.ts";

describe("planning retention", () => {
  it("AS-26 AP-26 prints what a sweep would keep and let go of as a table with reasons, and writes nothing", async () => {
    const world = retentionWorld();
    const [oldest] = await haveNights(world);
    const before = [...world.objects.keys()];

    const answer = await planRetention(world.ports)({});

    expect(answer.verdict).toBe("A sweep now would keep 30 points, let 10 expire and delete 0");
    expect(answer.figures["sources"]).toMatchObject([{ source: "app-db", keep: 30, expire: 10, prune: 0 }]);
    const [, head, , first] = answer.figures["table"] as string[];
    expect(head).toMatch(/source .* backup .* consistent at \(UTC\) .* proof .* size .* becomes .* because/);
    expect(first).toContain(oldest);
    expect(first).toMatch(/verified .* 15 B .* expires .* older than 30 days, and no rule keeps it/);
    expect((answer.figures["table"] as string[]).join("\n")).toMatch(
      /kept .* younger than 30 days; one of the newest 2/,
    );
    expect([...world.objects.keys()]).toEqual(before);
  });

  it("keeps everything, and says so, under a plan without retention and for names that the plan does not know", async () => {
    const world = retentionWorld();
    await haveNights(world);
    const { retention: _, ...withoutRetention } = world.ports.plan;
    const { "app-db": __, ...others } = world.ports.plan.sources;

    const silent = await planRetention({ ...world.ports, plan: withoutRetention })({});
    const removed = await planRetention({ ...world.ports, plan: { ...world.ports.plan, sources: others } })({});

    expect(silent.verdict).toContain("let 0 expire");
    expect(JSON.stringify(silent.figures["table"])).toContain("the plan says no retention");
    expect(removed.verdict).toContain("let 0 expire");
    expect(JSON.stringify(removed.figures["table"])).toContain("the plan has no such source or target");
  });

  it("T4 says why a source is frozen: whatever is not verified is no reason to let go of what is", async () => {
    const world = retentionWorld();
    for (let night = 60; night > 0; night--) await havePoint(world, daysAgo(night), { isVerified: night > 20 });

    const answer = await planRetention(world.ports)({});

    expect(answer.verdict).toMatch(
      /let 0 expire and delete 0; app-db is frozen: its newest verified point is 504h old/,
    );
  });

  it("T5 refuses a clock that has jumped by ten years", async () => {
    const world = retentionWorld();
    await haveNights(world);
    world.time.at = daysAgo(-3652);

    await expect(planRetention(world.ports)({})).rejects.toMatchObject({
      name: "ClockJumped",
      message: expect.stringContaining("Nothing was let go of, and nothing was deleted"),
    });
  });

  it("T2 pins the point that a running restore reads, by S3's own time, whatever the clock says of who noted it", async () => {
    const world = retentionWorld();
    const [oldest, second] = await haveNights(world);
    if (!oldest || !second) throw new Error("no points");
    const run = { runId: "verify-x", task: "app-db", source: "app-db", engine: "postgresql" };
    await storeReading({ ...world.ports, clock: () => daysAgo(1.4) }, { verb: "verify", ...run, backupId: oldest });
    const key = world.ports.layout.reading(oldest, daysAgo(1.4));
    world.histories.set(key, { key, versions: [{ versionId: "1", at: daysAgo(0.5) }], markers: [] });

    const during = await planRetention(world.ports)({});
    world.histories.set(key, { key, versions: [{ versionId: "1", at: daysAgo(1.1) }], markers: [] });
    const after = await planRetention(world.ports)({});

    expect(during.figures["sources"]).toMatchObject([{ expire: 9 }]);
    expect(JSON.stringify(during.figures["table"])).toContain("a restore or a verification reads it");
    expect(after.figures["sources"]).toMatchObject([{ expire: 10 }]);
  });

  it("T2 notes that a point is about to be read before a task is told to read it", async () => {
    const world = retentionWorld();
    const backupId = await havePoint(world, daysAgo(0.5), { isVerified: false });
    const order: string[] = [];
    const repository = {
      ...world.ports.repository,
      create: async (key: string, body: Uint8Array | string) => {
        order.push(key);
        return world.ports.repository.create(key, body);
      },
    };

    await planVerify({ ...world.ports, repository })({ input: { backupId }, execution: { name: backupId } });

    expect(order).toEqual([
      world.ports.layout.reading(backupId, now),
      world.ports.layout.taskInput(`verify-${backupId}`, "app-db"),
    ]);
  });

  it("shows what is held, by whom and why", async () => {
    const world = retentionWorld();
    await haveNights(world);
    await hold(world.ports)({ source: "app-db", why: "DR-2026-11-22-001", requestedBy: "ada" }, "call-1");

    const answer = await planRetention(world.ports)({ source: "app-db", startedAt: now.toISOString() });

    expect(answer.verdict).toContain("keep 40 points, let 0 expire");
    expect(answer.figures["holds"]).toMatchObject([
      { why: "DR-2026-11-22-001", who: { claimed: "ada", call: "call-1" } },
    ]);
  });
});
