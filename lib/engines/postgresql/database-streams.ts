import type { Artifact } from "#domain/artifact.ts";

/** What a database is restored from: one archive, or its schema and its rows in several. */
export type DatabaseStreams = { dump: Artifact } | { schema: Artifact; data: Artifact[] };

/** Per database of a point; `undefined` for one of which an archive is missing, which its kind tells. */
export function databaseStreams(artifacts: Artifact[]): Map<string, DatabaseStreams | undefined> {
  const archives = artifacts.filter(({ kind }) => isArchive(kind));
  const databases = Map.groupBy(archives, ({ subject }) => subject ?? "");
  return new Map([...databases].map(([database, its]) => [database, streamsOf(its)]));
}

export const dataKind = (number: number) => `data-${String(number).padStart(2, "0")}`;

/** Written by `pg_dump`. */
export const isArchive = (kind: string) => /^(dump|schema|data-\d\d)$/.test(kind);

function streamsOf(archives: Artifact[]): DatabaseStreams | undefined {
  const byKind = new Map(archives.map((archive) => [archive.kind, archive]));
  const dump = byKind.get("dump");
  if (dump) return archives.length === 1 ? { dump } : undefined;
  const schema = byKind.get("schema");
  const data = archives.slice(1).flatMap((_, index) => byKind.get(dataKind(index + 1)) ?? []);
  return schema && data.length > 0 && data.length + 1 === archives.length ? { schema, data } : undefined;
}
