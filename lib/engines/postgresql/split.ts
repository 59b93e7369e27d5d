/** A table as `pg_dump` can be told of it, and the sequences that it would bring along. Names as they are, not quoted. */
export type SizedTable = { schema: string; name: string; bytes: number; sequences: [schema: string, name: string][] };

/** Rows of one database in several streams: each names its tables, and one more takes everything that none of them names. */
export type Split = { named: { tables: SizedTable[]; bytes: number }[]; restBytes: number };

/** Two streams are only faster than one when each has enough to do: less gain than this is not worth a stream more. */
const LEAST_GAIN = 1.1;

/**
 * Deals the tables to at most so many streams of rows, the largest first, each to the one that has least; `otherBytes` is
 * what can't be named. `undefined` where one stream is as fast as several, for example because one table is nearly all.
 */
export function splitTables(tables: SizedTable[], otherBytes: number, most: number): Split | undefined {
  const slowestOfMost = slowest(deal(tables, otherBytes, most));
  let streams = 1;
  while (slowest(deal(tables, otherBytes, streams)) > slowestOfMost * LEAST_GAIN) streams++;
  const [rest, ...named] = deal(tables, otherBytes, streams);
  return rest && named.length > 0 ? { named, restBytes: rest.bytes } : undefined;
}

function deal(tables: SizedTable[], otherBytes: number, streams: number) {
  const dealt = Array.from({ length: streams }, (_, index) => ({
    tables: [] as SizedTable[],
    bytes: index === 0 ? otherBytes : 0,
  }));
  for (const table of tables.toSorted((a, b) => b.bytes - a.bytes)) {
    const least = dealt.reduce((one, other) => (other.bytes < one.bytes ? other : one));
    least.tables.push(table);
    least.bytes += table.bytes;
  }
  return dealt.filter(({ tables: its }, index) => index === 0 || its.length > 0);
}

const slowest = (dealt: { bytes: number }[]) => Math.max(...dealt.map(({ bytes }) => bytes));
