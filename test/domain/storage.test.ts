import { describe, expect, it } from "vitest";
import { Budget, judgeBudget } from "#domain/budget.ts";
import { scheduledBackupId } from "#domain/ids.ts";
import { storagePricesOf } from "#domain/prices.ts";
import type { Standing } from "#domain/retention.ts";
import { RetentionPolicy } from "#domain/retention-policy.ts";
import { addedTo, bytesIn30Days, costOf, ownerOf } from "#domain/storage.ts";

const GB = 2 ** 30;
const DAY = 86_400_000;
const now = new Date("2026-11-22T04:00:00Z");
const nightly = (days: number, bytes = (_day: number) => 100): Standing[] =>
  Array.from({ length: days }, (_, day) => {
    const at = new Date(now.getTime() - (day + 0.1) * DAY);
    const backupId = scheduledBackupId("nightly", at);
    return { source: "app-db", backupId, recoveredTo: at, proof: "verified", bytes: bytes(day) };
  });
const keep = (policy: object) => ({ policy: RetentionPolicy.parse(policy), holds: [] });

describe("what storage comes to", () => {
  it("SK-18 in 30 days is what retention keeps of it then, if as much comes as in the last 30", () => {
    expect(addedTo(nightly(90), now)).toBe(3_000);
    expect(bytesIn30Days(nightly(90), undefined, now), "nothing expires").toBe(12_000);
    expect(bytesIn30Days(nightly(90), keep({ days: 30 }), now), "it stays as it is").toBe(3_000);
    expect(bytesIn30Days(nightly(10), keep({ days: 30 }), now), "it is young").toBe(3_000);
    const doubled = nightly(60, (day) => (day < 30 ? 200 : 100));
    expect(bytesIn30Days(doubled, keep({ days: 60 }), now), "it has grown").toBe(12_000);
    expect(bytesIn30Days([], keep({ days: 30 }), now)).toBe(0);
  });

  it("IS-21 SK-18 costs $0.35 a month for 15 GB in S3 Standard, a quarter in Standard-IA and the archives, and an unknown price is no zero", () => {
    const prices = storagePricesOf("us-east-1");

    expect(costOf({ STANDARD: 15 * GB }, prices)).toBeCloseTo(0.345, 3);
    expect(costOf({ STANDARD_IA: 100 * GB, DEEP_ARCHIVE: 1_000 * GB }, prices)).toBeCloseTo(2.24, 2);
    expect(costOf({ STANDARD: GB, NEW_CLASS: GB }, prices)).toBeUndefined();
    expect(costOf({ STANDARD: GB }, storagePricesOf("mars-1"))).toBeUndefined();
    expect(costOf({}, prices)).toBe(0);
  });

  it("belongs to the source whose artifact or data key it is, to the records, or to a stranger", () => {
    const id = "2026-02-23-020000-nightly";

    expect(ownerOf("prod", `prod/${id}/app-db-${id}.0.001.dump.zst.gpg`)).toBe("app-db");
    expect(ownerOf("prod", `prod/keys/${id}.sessions.0/1.json`)).toBe("sessions");
    expect(ownerOf("prod", `prod/${id}/manifest.json`)).toBe("(records)");
    expect(ownerOf("prod", "prod/holiday.jpg")).toBe("(strangers)");
  });
});

describe("a budget", () => {
  const budget = Budget.parse({ storage: "500GiB", dollarsPerMonth: 20 });
  const judge = (gib: number, dollars: number | undefined) =>
    judgeBudget(budget, { bytes: gib * GB, dollars }).severity;

  it("AP-5 GL-13 AS-22 warns from 80 percent of its bytes or its dollars on, and is critical from 90 on", () => {
    expect(judge(399, 15)).toBeUndefined();
    expect(judge(400, 15)).toBe("warning");
    expect(judge(449, 15)).toBe("warning");
    expect(judge(450, 15)).toBe("critical");
    expect(judge(1, 16)).toBe("warning");
    expect(judge(1, 25)).toBe("critical");
    expect(judge(1, undefined), "an unknown price").toBeUndefined();
    expect(judgeBudget(budget, { bytes: 250 * GB, dollars: 5 }).uses).toEqual([
      { of: "500GiB", percent: 50 },
      { of: "$20 a month", percent: 25 },
    ]);
  });

  it("has limits of its own in the plan, which must make sense", () => {
    const own = Budget.parse({ storage: "1TiB", warnAt: 50, alarmAt: 60 });

    expect(judgeBudget(own, { bytes: 520 * GB, dollars: undefined }).severity).toBe("warning");
    expect(Budget.safeParse({}).error?.issues[0]?.path).toEqual(["storage"]);
    expect(Budget.safeParse({ storage: "1TiB", warnAt: 90, alarmAt: 80 }).error?.issues[0]?.path).toEqual(["warnAt"]);
  });
});
