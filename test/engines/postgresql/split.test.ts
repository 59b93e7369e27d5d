import { expect, it } from "vitest";
import { splitTables } from "#engines/postgresql/split.ts";

const tables = (...bytes: number[]) =>
  bytes.map((size, index) => ({ schema: "public", name: `t${index}`, bytes: size, sequences: [] }));
const sizes = (split: ReturnType<typeof splitTables>) =>
  split && [split.restBytes, ...split.named.map(({ bytes }) => bytes)];

it("deals the largest tables first, so that every stream of rows has about as much to do", () => {
  expect(sizes(splitTables(tables(5, 40, 30, 10, 15), 20, 3))).toEqual([40, 40, 40]);
});

it("leaves tables that it does not name to the last stream, together with what can't be named", () => {
  const split = splitTables(tables(10, 10, 10), 10, 2);

  expect(split?.named.map((stream) => stream.tables.map(({ name }) => name))).toEqual([["t0", "t2"]]);
  expect(split?.restBytes).toBe(20);
});

it("takes no stream more than makes it faster", () => {
  expect(sizes(splitTables(tables(50, 10, 10, 10, 10, 10), 0, 8))).toEqual([50, 50]);
  expect(splitTables(tables(95, 5), 0, 8)).toBeUndefined();
  expect(splitTables(tables(5, 5), 100, 8)).toBeUndefined();
});

it("is one stream where there is nothing to deal", () => {
  expect(splitTables([], 0, 4)).toBeUndefined();
  expect(splitTables(tables(0, 0), 0, 4)).toBeUndefined();
  expect(splitTables(tables(10, 10), 0, 1)).toBeUndefined();
});
