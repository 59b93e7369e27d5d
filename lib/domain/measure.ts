import type { Artifact } from "./artifact.ts";
import { type Facts, fingerprint } from "./facts.ts";
import type { Component } from "./manifest.ts";

/** What an engine's facts count, and what of them is the shape of the data and not its amount. */
export type Tally = { noun: "rows" | "keys" | "files"; counts: Record<string, number>; schema?: Facts };
/** Per engine. */
export type Tallies = Record<string, (facts: Facts) => Tally>;

export type Size = { storedBytes: number; plainBytes: number };
/** A point in figures that can be held against those of another day. */
export type Measure = Size & {
  /** By what the artifacts hold: a database, or their kind. */
  parts: Record<string, Size>;
  noun: Tally["noun"];
  /** By table, database or tree; empty where the engine counts nothing. */
  counts: Record<string, number>;
  /** Short, for people; undefined where there is no schema. */
  schema: string | undefined;
};

const SHOWN_OF_A_HASH = 8;

/** `facts`: those of the capture, or of the verification where they are counted there. */
export function measureOf({ engine, artifacts }: Component, facts: Facts, tallies: Tallies): Measure {
  const { noun, counts, schema } = tallies[engine]?.(facts) ?? { noun: "files", counts: {} };
  const byPart = Map.groupBy(artifacts, ({ subject, kind }) => subject ?? kind);
  const parts = Object.fromEntries([...byPart].map(([name, its]) => [name, sizeOf(its)]));
  return { ...sizeOf(artifacts), parts, noun, counts, schema: schema && fingerprint(schema).slice(0, SHOWN_OF_A_HASH) };
}

const sizeOf = (artifacts: Artifact[]): Size => ({
  storedBytes: artifacts.reduce((sum, { bytes }) => sum + bytes, 0),
  plainBytes: artifacts.reduce((sum, { plainBytes }) => sum + plainBytes, 0),
});

export const sumOf = ({ counts }: Pick<Measure, "counts">) => Object.values(counts).reduce((sum, one) => sum + one, 0);
/** The share of the plain bytes that had to be stored: near 1 for what does not compress. */
export const densityOf = ({ storedBytes, plainBytes }: Size) => (plainBytes === 0 ? 0 : storedBytes / plainBytes);
