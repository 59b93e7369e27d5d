import { z } from "zod";
import type { Artifact } from "#domain/artifact.ts";
import { FormatIncomplete, InputInvalid } from "#domain/errors.ts";
import type { Facts } from "#domain/facts.ts";
import type { PointToRestore } from "#ports/engine.ts";
import { PostgresqlRestoreOptions } from "./config.ts";
import { type DatabaseStreams, databaseStreams } from "./database-streams.ts";

/** A database of the point and the name that it is to have; `number` from 1 tells the databases of one restore apart. */
export type Chosen = { number: number; captured: string; restored: string; streams: DatabaseStreams };

/**
 * What a point and the options of a restore come to. Throws `InputInvalid` when they name a database it does not hold, and
 * `FormatIncomplete` when the point lacks one of its archives.
 */
export function chooseDatabases({ artifacts, options }: PointToRestore): Chosen[] {
  const parsed = PostgresqlRestoreOptions.safeParse(options);
  if (!parsed.success) throw new InputInvalid(z.prettifyError(parsed.error));
  const dumps = databaseStreams(artifacts);
  const wanted = parsed.data.databases ?? Object.fromEntries([...dumps.keys()].map((name) => [name, name]));
  const unknown = Object.keys(wanted).filter((name) => !dumps.has(name));
  if (unknown.length > 0 || dumps.size === 0)
    throw new InputInvalid(
      `databases: the point holds ${[...dumps.keys()].join(", ") || "none"}, and not ${unknown.join(", ")}`,
    );
  return Object.entries(wanted).map(([captured, restored], index) => {
    const streams = dumps.get(captured);
    if (!streams) throw new FormatIncomplete(`database "${captured}": the point lacks one of its archives`);
    return { number: index + 1, captured, restored, streams };
  });
}

/** Throws `InputInvalid` when the point has no such artifact. */
export function artifactOf({ artifacts }: Pick<PointToRestore, "artifacts">, kind: "globals" | "properties"): Artifact {
  const found = artifacts.find((artifact) => artifact.kind === kind);
  if (!found) throw new InputInvalid(`the point holds no artifact of kind "${kind}"`);
  return found;
}

/** What the facts say of the source's surroundings: for looking at a target, never to be compared. */
export function aboutSource({ facts }: Pick<PointToRestore, "facts">, { captured }: Chosen) {
  const { about, databases } = Said.parse(facts);
  const database = databases[captured];
  return {
    serverMajor: Number.parseInt(about.serverVersion, 10),
    extensions: Object.keys(database?.extensions ?? {}),
    extensionVersions: about.extensionVersions[captured] ?? {},
    roles: Object.keys(database?.roles ?? {}),
    properties: database?.properties,
  };
}

/** The facts of the chosen databases, by the names they had: what is compared, and nothing else. */
export function comparable({ facts }: PointToRestore, chosen: Chosen[]): Facts {
  const databases = typeof facts["databases"] === "object" ? facts["databases"] : {};
  return {
    databases: Object.fromEntries(
      chosen.flatMap(({ captured }) => {
        const its = databases[captured];
        return its === undefined ? [] : [[captured, its]];
      }),
    ),
  };
}

const Said = z.object({
  about: z.object({
    serverVersion: z.string(),
    extensionVersions: z.record(z.string(), z.record(z.string(), z.string())),
  }),
  databases: z.record(
    z.string(),
    z.object({
      extensions: z.record(z.string(), z.unknown()),
      roles: z.record(z.string(), z.unknown()),
      properties: z.object({
        owner: z.string(),
        encoding: z.string(),
        provider: z.string(),
        collate: z.string(),
        ctype: z.string(),
        locale: z.string(),
      }),
    }),
  ),
});
