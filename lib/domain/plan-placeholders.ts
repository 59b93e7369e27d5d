import type { Problem } from "./problem.ts";

const PLACEHOLDER = /\$\{[^}]*\}/;

/** What waits to be filled in: a plan means what is written in it, on every machine, so `${env:…}` is refused. */
export function placeholders(value: unknown, path: string[] = []): Problem[] {
  if (typeof value === "string") {
    const found = PLACEHOLDER.exec(value)?.[0];
    const message = `holds ${found}: nothing is filled into a plan; write the value itself`;
    return found === undefined ? [] : [{ path: path.join("."), message }];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, entry]) => [
    ...placeholders(name, [...path, name]),
    ...placeholders(entry, [...path, name]),
  ]);
}
