import { describe, expect, it } from "vitest";
import { checkStorage } from "#app/check-storage.ts";
import { planRetention } from "#app/plan-retention.ts";
import { Budget } from "#domain/budget.ts";
import type { StoredVersion } from "#domain/storage.ts";
import { haveNights, type RetentionWorld, retentionWorld } from "../support/retention-world.ts";

/** What the repository in memory holds, as a listing of S3 would say it. */
const check = (world: RetentionWorld, budget?: object, storageClass = "STANDARD") => {
  async function* versions(prefix: string): AsyncGenerator<StoredVersion> {
    for (const [key, { bytes }] of world.artifacts) if (key.startsWith(prefix)) yield { key, bytes, storageClass };
    for (const [key, body] of world.objects)
      if (key.startsWith(prefix)) yield { key, bytes: body.length, storageClass: "STANDARD" };
  }
  const plan = { ...world.ports.plan, ...(budget ? { budget: Budget.parse(budget) } : {}) };
  return checkStorage({ ...world.ports, plan, region: "us-east-1", inventory: { versions } })();
};
const GB = 2 ** 30;
/** Forty nights of a point of 10 GiB each. */
async function haveMuch(world: RetentionWorld) {
  await haveNights(world);
  for (const [key, artifact] of world.artifacts) world.artifacts.set(key, { ...artifact, bytes: 10 * GB });
  world.happened.length = 0;
  world.measured.length = 0;
}

describe("checking storage", () => {
  it("SK-18 AS-21 shows what each source takes by storage class, what came, what will be, and what it costs a month", async () => {
    const world = retentionWorld();
    await haveMuch(world);

    const answer = await check(world, undefined, "STANDARD_IA");

    expect(answer.verdict).toBe("The repository holds 429 GB, for $5.00 a month");
    expect(answer.next).toBe("Nothing.");
    const table = (answer.figures["table"] as string[]).join("\n");
    expect(table).toMatch(/source .* points .* stored .* by class .* added in 30 days .* points in 30 days .* a month/);
    expect(table).toMatch(/app-db .* 40 .* 429 GB .* STANDARD_IA 429 GB .* 450 B .* 450 B .* \$5\.00/);
    expect(table).toMatch(/\(records\) .* 0 .* kB .* STANDARD .* less than \$0\.01/);
    expect(world.happened).toEqual([]);
    expect(world.measured).toContainEqual({ source: "app-db", storage_bytes: expect.closeTo(40 * 10 * GB, -6) });
  });

  it("AP-5 GL-13 AS-22 SK-6 raises an alarm of its severity near the plan's budget, with what takes most, and ends it when there is room again", async () => {
    const world = retentionWorld();
    await haveMuch(world);

    const critical = await check(world, { storage: "410GiB" });
    await check(world, { storage: "480GiB", dollarsPerMonth: 1_000 });
    await check(world, { storage: "1TiB" });

    expect(critical.verdict).toMatch(/^The repository holds 429 GB, for \$9\.20 a month: that is 98 % of 410GiB$/);
    expect(critical.next).toContain("docs/runbooks/StorageNearBudget.md");
    const its = { code: "StorageNearBudget", source: "repository" };
    expect(world.happened).toMatchObject([
      { type: "AlarmRaised", detail: { ...its, severity: "critical" } },
      { type: "AlarmRaised", detail: { ...its, severity: "warning" } },
      { type: "AlarmRecovered", detail: its },
    ]);
    expect(JSON.stringify(world.happened[1])).toContain("83 % of 480GiB are used; 1 % of $1000 a month are used");
    expect(JSON.stringify(world.happened[0])).toContain("app-db: 429 GB, ");
    expect(world.measured).toContainEqual({
      source: "repository",
      storage_budget_used_percent: expect.closeTo(97.6, 1),
    });
  });

  it("C5 lets nothing go, however far the budget is exceeded: retention keeps the same points by any budget", async () => {
    const world = retentionWorld();
    await haveMuch(world);
    const budget = Budget.parse({ storage: "1MiB", dollarsPerMonth: 0.01 });
    const sweep = (plan: RetentionWorld["ports"]["plan"]) => planRetention({ ...world.ports, plan })({});
    const before = [...world.objects.keys()];

    const without = await sweep(world.ports.plan);
    const exceeded = await sweep({ ...world.ports.plan, budget });
    await check(world, budget);

    expect(exceeded).toEqual(without);
    expect(without.figures["sources"]).toMatchObject([{ keep: 30, expire: 10 }]);
    expect([...world.objects.keys()]).toEqual(before);
  });
});
