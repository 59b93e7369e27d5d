import { branch, type Facts } from "#domain/facts.ts";
import type { ArchiveContents } from "./archive-reader.ts";

/**
 * Holds what was counted in a database against what its archives hold together: nothing may be left out in silence, and
 * nothing may be there twice. Gives, for people, what is wrong.
 */
export function incompleteness(counted: Facts, archives: ArchiveContents[]): string[] {
  const times = new Map<string, number>();
  for (const name of archives.flatMap(({ tables }) => tables).map(key)) times.set(name, (times.get(name) ?? 0) + 1);
  const rows = branch(counted, "rows");
  const missing = Object.keys(rows).filter((table) => rows[table] !== 0 && !times.has(key(unquoted(table))));
  const twice = [...times].filter(([, count]) => count > 1).map(([name]) => name);
  const objects = branch(counted, "largeObjects")["count"] ?? 0;
  const archived = archives.reduce((sum, { largeObjects }) => sum + largeObjects, 0);
  return [
    ...(missing.length > 0 ? [`the archive lacks the rows of ${missing.join(", ")}`] : []),
    ...(twice.length > 0 ? [`the rows of ${twice.join(", ")} are there twice`] : []),
    ...(archived === objects
      ? []
      : [`there are ${archived} large objects in the archive, and ${objects} were counted`]),
  ];
}

/** The same for sequences, by the names that are expected. */
export function sequencesNotOnce(expected: string[], archives: ArchiveContents[]): string[] {
  const archived = archives.flatMap(({ sequences }) => sequences).map(({ schema, name }) => key([schema, name]));
  const there = new Set(archived);
  const missing = expected.filter((sequence) => !there.has(key(unquoted(sequence))));
  return [
    ...(missing.length > 0 ? [`the archive lacks the sequences ${missing.join(", ")}`] : []),
    ...(archived.length > there.size ? ["the archive sets a sequence twice"] : []),
  ];
}

const key = (name: [schema: string, name: string]) => JSON.stringify(name);

/** `public."a.b"`, as the server's `%I.%I` writes it, taken apart. */
function unquoted(name: string): [schema: string, name: string] {
  const [, schema = "", table = ""] = /^("(?:[^"]|"")*"|[^"]+?)\.("(?:[^"]|"")*"|[^"]+)$/.exec(name) ?? [];
  return [identifier(schema), identifier(table)];
}

const identifier = (text: string) => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
