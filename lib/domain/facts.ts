import { z } from "zod";
import { sha256 } from "./hashes.ts";

/**
 * What was counted in the captured state, as a tree whose leaves are compared one by one:
 * `{ databases: { app: { rows: { "public.orders": 120000 }, schemaSha256: "…" } } }`. Never holds data or secrets.
 */
export type Facts = { [name: string]: Fact };
export type Fact = string | number | boolean | Facts;
export const Facts: z.ZodType<Facts> = z.record(
  z.string(),
  z.lazy(() => z.union([z.string(), z.number(), z.boolean(), Facts])),
);

export type Difference = { path: string; captured: string; restored: string };

/** Every leaf in which the two trees differ, in the order of their paths; a leaf that one side lacks counts. */
export function compareFacts(captured: Facts, restored: Facts): Difference[] {
  const left = leaves(captured);
  const right = leaves(restored);
  return [...new Set([...left.keys(), ...right.keys()])]
    .sort()
    .filter((path) => left.get(path) !== right.get(path))
    .map((path) => ({ path, captured: left.get(path) ?? "absent", restored: right.get(path) ?? "absent" }));
}

/** The facts below a name; none where there are none. */
export function branch(facts: Facts, name: string): Facts {
  const found = facts[name];
  return typeof found === "object" ? found : {};
}

/** SHA-256 over every leaf: the same for the same facts, in whatever order they were counted. */
export const fingerprint = (facts: Facts) =>
  sha256(JSON.stringify([...leaves(facts)].toSorted(([a], [b]) => (a < b ? -1 : 1))));

/** How many single facts the tree holds. */
export const countFacts = (facts: Facts) => leaves(facts).size;

/** The first few differences, one a line. */
export function describeDifferences(differences: Difference[], most = 10): string {
  const lines = differences.slice(0, most).map((d) => `${d.path}: captured ${d.captured}, restored ${d.restored}`);
  if (differences.length > most) lines.push(`… and ${differences.length - most} more`);
  return lines.join("\n");
}

function leaves(facts: Facts, path = "", found = new Map<string, string>()): Map<string, string> {
  for (const [name, fact] of Object.entries(facts)) {
    const at = path === "" ? name : `${path} › ${name}`;
    if (typeof fact === "object") leaves(fact, at, found);
    else found.set(at, String(fact));
  }
  return found;
}
