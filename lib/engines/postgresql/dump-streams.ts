import { escapeIdentifier as quoted } from "pg";
import { dataKind } from "./database-streams.ts";
import type { Split } from "./split.ts";

/** One `pg_dump` of a database: what it is told beyond what all of them are. */
export type DumpStream = { kind: string; holds: string; args: string[]; expectedBytes?: number };

/** The whole database in one stream. */
export const wholeDump = (database: string, expectedBytes: number | undefined): DumpStream => ({
  kind: "dump",
  holds: `database "${database}"`,
  args: [],
  ...(expectedBytes === undefined ? {} : { expectedBytes }),
});

/**
 * A database in several streams. `schema` has what comes before the rows and what comes after them in one archive: without
 * the tables in it, `pg_restore --jobs` doesn't know which of the later commands lock each other, and runs into deadlocks.
 * Sequences are in the last stream only, also those that a named table would bring along: they move while streams are read.
 */
export function splitDump(database: string, { named, restBytes }: Split): DumpStream[] {
  const tables = named.flatMap((stream) => stream.tables);
  const sequencesOf = (its: typeof tables) => its.flatMap(({ sequences }) => sequences);
  return [
    { kind: "schema", holds: `schema of database "${database}"`, args: ["--section=pre-data", "--section=post-data"] },
    ...named.map((stream, index) => ({
      kind: dataKind(index + 1),
      holds: `rows of ${stream.tables.length} of the tables of database "${database}"`,
      args: [
        "--section=data",
        "--strict-names",
        ...stream.tables.map(({ schema, name }) => `--table=${pattern(schema, name)}`),
        ...sequencesOf(stream.tables).map(([schema, name]) => `--exclude-table-data=${pattern(schema, name)}`),
      ],
      expectedBytes: stream.bytes,
    })),
    {
      kind: dataKind(named.length + 1),
      holds: `all other rows, sequences and large objects of database "${database}"`,
      args: ["--section=data", ...tables.map(({ schema, name }) => `--exclude-table-data=${pattern(schema, name)}`)],
      expectedBytes: restBytes,
    },
  ];
}

/** Between quotes, none of its characters is a wildcard. */
const pattern = (schema: string, name: string) => `${quoted(schema)}.${quoted(name)}`;
