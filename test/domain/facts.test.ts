import { describe, expect, it } from "vitest";
import { compareFacts, describeDifferences } from "#domain/facts.ts";

const captured = { databases: { app: { rows: { orders: 3, "a › b": 1 }, schema: "x" } } };

describe("facts", () => {
  it("X6 are equal only when every leaf is", () => {
    expect(compareFacts(captured, structuredClone(captured))).toEqual([]);
  });

  it("X6 name each leaf that differs, is absent, or was not captured", () => {
    const restored = { databases: { app: { rows: { orders: 2, users: 1 }, schema: "x" } } };

    expect(compareFacts(captured, restored)).toEqual([
      { path: "databases › app › rows › a › b", captured: "1", restored: "absent" },
      { path: "databases › app › rows › orders", captured: "3", restored: "2" },
      { path: "databases › app › rows › users", captured: "absent", restored: "1" },
    ]);
  });

  it("show the first differences and count the rest", () => {
    const many = Object.fromEntries(
      Array.from({ length: 12 }, (_, index) => [`t${String(index).padStart(2, "0")}`, index]),
    );

    expect(describeDifferences(compareFacts(many, {}), 2)).toBe(
      "t00: captured 0, restored absent\nt01: captured 1, restored absent\n… and 10 more",
    );
  });
});
