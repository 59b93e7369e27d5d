import { expect, it } from "vitest";
import { highestNumber } from "#app/highest-number.ts";
import { memoryWorld } from "../support/memory-world.ts";

it.each([
  { what: "by its value, not by the order of keys", names: ["lease-2.json", "lease-10.json", "lease-9.json"], is: 10 },
  { what: "0 like any other", names: ["lease-0.token.json"], is: 0 },
  { what: "with zeros in front of it", names: ["lease-000007.json", "lease-000012.json"], is: 12 },
  { what: "and nobody else's", names: ["lease-3.json", "lease-4x.json", "lease-.json", "other-9.json"], is: 3 },
  { what: "or none", names: ["lease-x.json"], is: undefined },
])("finds the highest number of a kind of key, $what", async ({ names, is }) => {
  const { repository } = memoryWorld().ports;
  for (const name of names) await repository.create(`test/runs/target-db/${name}`, "{}");

  expect(await highestNumber(repository, "test/runs/target-db/lease-")).toBe(is);
});
