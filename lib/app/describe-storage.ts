import Table from "cli-table3";
import prettyBytes from "pretty-bytes";
import { costOf, sumOfClasses } from "#domain/storage.ts";
import type { SourceStorage } from "./measure-storage.ts";

/** One line each, for what prints JSON. */
export function storageTable(sources: readonly SourceStorage[], prices: Record<string, number> | undefined): string[] {
  const table = new Table({
    head: ["source", "points", "stored", "by class", "added in 30 days", "points in 30 days", "a month"],
    style: { head: [], border: [] },
  });
  for (const { source, points, classes, added, foretold } of sources)
    table.push([
      source,
      points,
      prettyBytes(sumOfClasses(classes)),
      Object.entries(classes)
        .map(([name, bytes]) => `${name} ${prettyBytes(bytes)}`)
        .join("\n"),
      prettyBytes(added),
      prettyBytes(foretold),
      dollarsOf(costOf(classes, prices)),
    ]);
  return table.toString().split("\n");
}

export function dollarsOf(amount: number | undefined): string {
  if (amount === undefined) return "an unknown price";
  return amount < 0.01 ? "less than $0.01" : `$${amount.toFixed(2)}`;
}
