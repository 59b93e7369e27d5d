import { InputInvalid } from "#domain/errors.ts";
import type { ArchiveEntry } from "./archive-list.ts";
import type { PostgresqlRestoreOptions } from "./config.ts";
import { keyOf, type Named, quoted, unquoted } from "./table-names.ts";

export type Only = NonNullable<PostgresqlRestoreOptions["only"]>[string];

/** Some tables of a database, and what they can't be without. */
export type Part = {
  /** The entries of the archive that holds the schema. */
  entries: ArchiveEntry[];
  /** Whether a table, a sequence or a view is of this part. */
  has(name: Named): boolean;
  /** Those with rows of their own: no table that only has partitions. */
  tables: Named[];
  /** What was asked for and stays out, for people. */
  leftOut: string[];
};

/**
 * Chooses schemas and tables out of an archive's list: with them comes what they need (types, functions, extensions) and
 * what hangs on them (rows, own sequences, indexes, keys, triggers, privileges), and a partitioned table's partitions. No
 * other table ever comes along, so what needs one stays out and is named: foreign keys, views. A table that can't be made
 * without another one is refused. Throws `InputInvalid` with everything that is wrong.
 */
export function choosePart(database: string, list: ArchiveEntry[], only: Only): Part {
  const archive = new Map(list.map((entry) => [entry.id, entry]));
  const attached = attachments(list, archive);
  const wholes = new Set(attached.values());
  const needed = (entry: ArchiveEntry) => needsOf(entry, archive, attached);
  const chosen = chosenBy(database, list, only, attached);
  const leftOut = withoutWhatLacks(chosen, needed);
  const lacking = [...chosen].flatMap((table) => {
    const others = lacks(table, chosen, needed);
    return others.length > 0 ? [`${named(table)} can't be without ${others.map(named).join(", ")}`] : [];
  });
  if (lacking.length > 0) throw wrong(database, [...lacking, "name those tables, too"]);

  const taken = new Set<ArchiveEntry>();
  const take = (entry: ArchiveEntry) => {
    if (taken.has(entry)) return;
    taken.add(entry);
    needed(entry).forEach(take);
  };
  chosen.forEach(take);
  for (let before = -1; before < taken.size; ) {
    before = taken.size;
    for (const entry of list)
      if (!taken.has(entry) && hangsOn(entry, taken, archive) && lacks(entry, chosen, needed).length === 0) take(entry);
  }
  for (const entry of list)
    if (!taken.has(entry) && entry.kind !== "INDEX ATTACH" && hangsOnTable(entry, taken, archive))
      leftOut.push(`${described(entry)}: it needs ${lacks(entry, chosen, needed).map(named).join(", ")}`);
  const names = new Set([...taken].filter(({ kind }) => RELATIONS.has(kind) || kind === "SEQUENCE").map(nameKey));
  return {
    entries: list.filter((entry) => taken.has(entry)),
    has: (name) => names.has(keyOf(name)),
    tables: list.filter((entry) => entry.kind === "TABLE" && taken.has(entry) && !wholes.has(entry)).map(nameOf),
    leftOut,
  };
}

const RELATIONS = new Set(["TABLE", "VIEW", "MATERIALIZED VIEW", "FOREIGN TABLE"]);
const OF_A_RELATION = new Set([
  ...[
    "TABLE DATA",
    "MATERIALIZED VIEW DATA",
    "SEQUENCE",
    "DEFAULT",
    "CONSTRAINT",
    "FK CONSTRAINT",
    "INDEX",
    "STATISTICS",
  ],
  ...["TRIGGER", "RULE", "POLICY", "ROW SECURITY", "TABLE ATTACH"],
]);
const OF_ANYTHING = new Set([
  ...["ACL", "COMMENT", "SECURITY LABEL", "CHECK CONSTRAINT", "INDEX ATTACH", "SEQUENCE OWNED BY", "SEQUENCE SET"],
]);

/** What a schema itself holds; everything else hangs on that. */
const isOfASchema = ({ kind }: ArchiveEntry) =>
  kind === "SEQUENCE" || !(OF_A_RELATION.has(kind) || OF_ANYTHING.has(kind) || kind.startsWith("PUBLICATION"));

type Archive = Map<number, ArchiveEntry>;
type Needed = (entry: ArchiveEntry) => ArchiveEntry[];

/** A partition is a table of its own until it is attached: `[partition, its table]` by the partition's id. */
function attachments(list: ArchiveEntry[], archive: Archive): Map<number, ArchiveEntry> {
  const found = new Map<number, ArchiveEntry>();
  for (const attach of list.filter(({ kind }) => kind === "TABLE ATTACH")) {
    const tables = attach.needs.flatMap((id) => archive.get(id) ?? []);
    const partition = tables.find((table) => nameKey(table) === nameKey(attach));
    const whole = tables.find((table) => table !== partition);
    if (partition && whole) found.set(partition.id, whole);
  }
  return found;
}

/** A sequence that a column owns is one without it, too, unless the column is what makes it. */
function needsOf(entry: ArchiveEntry, archive: Archive, attached: Map<number, ArchiveEntry>): ArchiveEntry[] {
  const needs = entry.needs.flatMap((id) => archive.get(id) ?? []);
  if (entry.kind === "SEQUENCE" && !isIdentity(entry)) return needs.filter(({ kind }) => kind !== "TABLE");
  return needs.filter((other) => attached.get(entry.id) !== other);
}

const isIdentity = ({ definition }: ArchiveEntry) => definition.startsWith("ALTER TABLE");

function chosenBy(database: string, list: ArchiveEntry[], only: Only, attached: Map<number, ArchiveEntry>) {
  const tables = list.filter(({ kind }) => kind === "TABLE");
  const schemas = new Set(tables.map(({ schema }) => schema));
  const wanted = new Set((only.tables ?? []).map((name) => keyOf(unquoted(name))));
  const there = new Set(tables.map(nameKey));
  const strangers = [
    ...(only.schemas ?? []).filter((schema) => !schemas.has(schema)).map((schema) => `schemas: ${schema}`),
    ...(only.tables ?? []).filter((name) => !there.has(keyOf(unquoted(name)))).map((name) => `tables: ${name}`),
  ];
  if (strangers.length > 0)
    throw wrong(database, [
      ...strangers.map((stranger) => `${stranger} is not in it`),
      `it holds the tables ${tables.map(named).join(", ") || "none"}`,
    ]);
  const chosen = new Set<ArchiveEntry>();
  for (const entry of list)
    if (
      (entry.kind === "TABLE" && wanted.has(nameKey(entry))) ||
      (only.schemas?.includes(entry.schema) && isOfASchema(entry))
    )
      chosen.add(entry);
  for (let before = -1; before < chosen.size; ) {
    before = chosen.size;
    for (const table of tables) {
      const whole = attached.get(table.id);
      if (whole && chosen.has(whole)) chosen.add(table);
    }
  }
  return chosen;
}

/** Takes out what needs a table that is not chosen and is none itself, and then what needs that; says what it was. */
function withoutWhatLacks(chosen: Set<ArchiveEntry>, needed: Needed): string[] {
  const leftOut: string[] = [];
  for (let before = -1; before !== chosen.size; ) {
    before = chosen.size;
    for (const entry of chosen) {
      if (entry.kind === "TABLE") continue;
      const others = lacks(entry, chosen, needed);
      if (others.length === 0) continue;
      chosen.delete(entry);
      leftOut.push(`${described(entry)}: it needs ${others.map(named).join(", ")}`);
    }
  }
  return leftOut;
}

/** The tables and views that are not chosen and without which this can't be. */
function lacks(entry: ArchiveEntry, chosen: Set<ArchiveEntry>, needed: Needed): ArchiveEntry[] {
  const found = new Set<ArchiveEntry>();
  const seen = new Set<ArchiveEntry>();
  const look = (one: ArchiveEntry) => {
    for (const other of needed(one)) {
      if (seen.has(other) || chosen.has(other)) continue;
      seen.add(other);
      if (RELATIONS.has(other.kind)) found.add(other);
      else look(other);
    }
  };
  look(entry);
  return [...found];
}

const hangsOn = (entry: ArchiveEntry, taken: Set<ArchiveEntry>, archive: Archive) =>
  hangsOnTable(entry, taken, archive) ||
  (OF_ANYTHING.has(entry.kind) && entry.needs.some((id) => isTaken(archive.get(id), taken)));

const hangsOnTable = ({ kind, needs }: ArchiveEntry, taken: Set<ArchiveEntry>, archive: Archive) =>
  OF_A_RELATION.has(kind) &&
  needs.some((id) => RELATIONS.has(archive.get(id)?.kind ?? "") && isTaken(archive.get(id), taken));

const isTaken = (entry: ArchiveEntry | undefined, taken: Set<ArchiveEntry>) => entry !== undefined && taken.has(entry);
const nameOf = ({ schema, name }: ArchiveEntry): Named => [schema, name];
const nameKey = (entry: ArchiveEntry) => keyOf(nameOf(entry));
const named = (entry: ArchiveEntry) => quoted(nameOf(entry));
const described = (entry: ArchiveEntry) => `${entry.kind.toLowerCase()} ${entry.schema}: ${entry.name}`;
const wrong = (database: string, problems: string[]) =>
  new InputInvalid(`only.${database}: ${problems.join("; ")}. Nothing was loaded`);
