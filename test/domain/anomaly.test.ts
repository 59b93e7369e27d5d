import { describe, expect, it } from "vitest";
import { findAnomalies } from "#domain/anomaly.ts";
import { AnomalyLimits } from "#domain/anomaly-limits.ts";
import type { Facts } from "#domain/facts.ts";
import { type Measure, measureOf } from "#domain/measure.ts";
import { tallies } from "#engines/descriptions.ts";

const MB = 1_000_000;
const usual = (change: Partial<Measure> = {}): Measure => ({
  ...{ storedBytes: 36 * MB, plainBytes: 100 * MB, parts: { app: { storedBytes: 36 * MB, plainBytes: 100 * MB } } },
  ...{ noun: "rows", counts: { orders: 50_000, customers: 9_000, queue: 40 }, schema: "aaaaaaaa" },
  ...change,
});
/** Days that are never quite the same. */
const days = (count: number, change: Partial<Measure> = {}) =>
  Array.from({ length: count }, (_, day) =>
    usual({ storedBytes: (36 + (day % 5)) * MB, counts: { ...usual().counts, queue: day * 3 }, ...change }),
  );
const judge = (point: Measure, limits: object = {}, measures = days(14), isVouched = false) =>
  findAnomalies(point, { measures, isVouched }, AnomalyLimits.parse(limits));
const dense = (share: number, plainBytes = 100 * MB) =>
  usual({ parts: { app: { storedBytes: share * plainBytes, plainBytes } } });

describe("AS-22 what is unlike its source's history", () => {
  it("is nothing that is as it is every day, and nothing at all of a history of fewer than three days", () => {
    expect(judge(usual())).toEqual([]);
    expect(judge(usual({ storedBytes: 1, counts: {} }), {}, days(2))).toEqual([]);
    expect(judge(usual({ storedBytes: 1, counts: {} }), {}, [])).toEqual([]);
    expect(judge(usual({ storedBytes: 1, counts: {} }), {}, days(3))).not.toEqual([]);
    expect(judge(usual({ storedBytes: 1 }), {}, days(1), true)).not.toEqual([]);
  });

  it("S8 T8 is a point of less than half the bytes or the rows that are usual, and one of more than three times the bytes", () => {
    expect(judge(usual({ storedBytes: 18 * MB }))).toEqual(["it has only 18 MB where 38 MB are usual"]);
    expect(judge(usual({ storedBytes: 20 * MB }))).toEqual([]);
    expect(judge(usual({ storedBytes: 120 * MB }))).toEqual(["it has 120 MB where only 38 MB are usual"]);
    expect(judge(usual({ storedBytes: 110 * MB }))).toEqual([]);
    expect(judge(usual({ counts: { orders: 26_000, customers: 3_000 } }))).toEqual([
      "it has only 29000 rows where 59021 are usual",
      "customers has 3000 rows and never had fewer than 9000",
    ]);
  });

  it("is a table that is gone or has lost half of the fewest rows that it ever had; small ones and those that vary are left alone", () => {
    const without = (name: string) => {
      const { [name]: _, ...counts } = usual().counts;
      return judge(usual({ counts }));
    };
    const varying = days(14).map((day, index) => ({ ...day, counts: { ...day.counts, cache: 200 + index * 1_000 } }));

    expect(without("customers")).toEqual(["customers has 0 rows and never had fewer than 9000"]);
    expect(without("queue")).toEqual([]);
    expect(judge(usual({ counts: { ...usual().counts, cache: 150 } }), {}, varying)).toEqual([]);
    expect(judge(usual({ counts: { ...usual().counts, cache: 99 } }), {}, varying)).toHaveLength(1);
  });

  it("names five tables and counts the rest", () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`table ${index}`, 1_000]));

    const reasons = judge(usual({ counts: { orders: 80_000 } }), {}, days(14, { counts: { orders: 80_000, ...many } }));

    expect(reasons).toHaveLength(6);
    expect(reasons.at(-1)).toBe("and 7 more have lost as much");
  });

  it("is data that has stopped compressing, as encrypted data does, in any one of its databases", () => {
    expect(judge(dense(0.98))).toEqual([
      "app hardly compresses any more, as encrypted data does: 98 % of it are stored where 36 % are usual",
    ]);
    expect(judge(dense(0.5))).toEqual([]);
    expect(judge(dense(0.98, 10_000)), "too small to say").toEqual([]);
    const compressed = days(14).map((day) => ({ ...day, parts: dense(0.95).parts }));
    expect(judge(dense(1), {}, compressed), "images never compress").toEqual([]);
    const sparse = days(14).map((day) => ({ ...day, parts: dense(0.02).parts }));
    expect(judge(dense(0.08), {}, sparse), "a few percent of nearly nothing").toEqual([]);
    expect(judge({ ...usual(), parts: { ...usual().parts, fresh: { storedBytes: MB, plainBytes: MB } } })).toEqual([]);
  });

  it("is another schema only where the plan says that it is fixed", () => {
    const changed = usual({ schema: "bbbbbbbb" });

    expect(judge(changed)).toEqual([]);
    expect(judge(changed, { schema: "is-fixed" })).toEqual(["its schema is bbbbbbbb and was aaaaaaaa before"]);
    expect(judge(usual(), { schema: "is-fixed" })).toEqual([]);
  });

  it("is by the limits of the plan: a source that comes and goes may shrink by as much as it likes", () => {
    const tiny = usual({ storedBytes: 9, counts: {}, parts: {} });

    expect(judge(tiny, { shrink: 100 })).toEqual([]);
    expect(judge(usual({ storedBytes: 30 * MB }), { shrink: 10 })).toEqual(["it has only 30 MB where 38 MB are usual"]);
    expect(judge(usual({ storedBytes: 300 * MB }), { grow: 1_000 })).toEqual([]);
    expect(judge(dense(0.98), { density: 500 })).toEqual([]);
  });
});

describe("a point in figures", () => {
  const at = "2026-02-23T02:00:00.000Z";
  const artifact = (change: object) => ({
    ...{ key: "k", kind: "dump", holds: "h", bytes: 10, sha256: "a".repeat(64), plainBytes: 30, exitCodes: {} },
    ...{ plainSha256: "a".repeat(64), parts: [], compositeSha256: "c", formatProof: "p", ...change },
  });
  const component = (engine: string, artifacts: object[]) => ({
    ...{ file: "f", size: 20, engine, recoveredTo: at, startedAt: at, finishedAt: at, keyId: "k", toolVersions: {} },
    ...{ artifacts: artifacts.map(artifact), limits: [] },
  });
  const schemaOf = (facts: Facts) => measureOf(component("postgresql", [{}]), facts, tallies).schema;

  it("counts what its engine's facts count, and adds up what belongs to one database", () => {
    const facts = { databases: { app: { rows: { "public.orders": 3, "public.lines": 9 }, schema: { tables: "2" } } } };
    const streams = [{ kind: "globals" }, { subject: "app" }, { subject: "app", bytes: 5, plainBytes: 6 }];

    expect(measureOf(component("postgresql", streams), facts, tallies)).toEqual({
      ...{ storedBytes: 25, plainBytes: 66, noun: "rows", schema: expect.stringMatching(/^[0-9a-f]{8}$/) },
      parts: { globals: { storedBytes: 10, plainBytes: 30 }, app: { storedBytes: 15, plainBytes: 36 } },
      counts: { "app › public.orders": 3, "app › public.lines": 9 },
    });
    const redis = { keys: 12, databases: { "0": { keys: 7, expiring: 2 }, "3": { keys: 5 } } };
    expect(measureOf(component("redis", [{}]), redis, tallies).counts).toEqual({ "database 0": 7, "database 3": 5 });
    const files = { tree: { files: 471, folders: 9, bytes: 5, sha256: "x" }, about: {} };
    expect(measureOf(component("files", [{}]), files, tallies).counts).toEqual({ files: 471 });
    expect(measureOf(component("unknown", [{}]), facts, tallies)).toMatchObject({ counts: {}, schema: undefined });
  });

  it("has the same schema whatever rows it holds and in whatever order they were counted, and another one after a change", () => {
    const one = {
      databases: { app: { rows: { a: 1 }, schema: { tables: "2", views: "1" }, extensions: { x: true } } },
    };
    const other = {
      databases: { app: { rows: { a: 7 }, extensions: { x: true }, schema: { views: "1", tables: "2" } } },
    };
    const changed = { databases: { app: { rows: { a: 1 }, schema: { tables: "3", views: "1" } } } };

    expect(schemaOf(one)).toBe(schemaOf(other));
    expect(schemaOf(changed)).not.toBe(schemaOf(one));
  });
});
