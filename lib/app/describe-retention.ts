import Table from "cli-table3";
import prettyBytes from "pretty-bytes";
import { isSafety } from "#domain/ids.ts";
import { mayPrune } from "#domain/retention.ts";
import type { SourceRetention, StandingPoint } from "./judge-retention.ts";

/** A Lambda answers with 6 MB at most. */
const ROWS_AT_MOST = 1_000;

/** How many points of a source are kept, let go of by this sweep, have been let go of, and are deleted by this sweep. */
export function figuresOf({ source, keep, expire, frozen }: SourceRetention, now: Date) {
  const isToPrune = ({ point }: { point: StandingPoint }) => mayPrune(point, now);
  const bytes = (some: { point: StandingPoint }[]) => some.reduce((sum, { point }) => sum + point.bytes, 0);
  return {
    source,
    keep: keep.length,
    keptAgain: keep.filter(({ point }) => point.expiredAt !== undefined).length,
    expire: expire.filter(({ point }) => point.expiredAt === undefined).length,
    waitForPrune: expire.filter(({ point }) => point.expiredAt !== undefined && !mayPrune(point, now)).length,
    prune: expire.filter(isToPrune).length,
    bytesKept: bytes(keep),
    bytesToPrune: bytes(expire.filter(isToPrune)),
    ...(frozen === undefined ? {} : { frozen }),
  };
}

/** One line each, for what prints JSON: place by place; what goes comes first, of each source the oldest. */
export function retentionTable(places: { where: string; sources: SourceRetention[] }[], now: Date): string[] {
  const table = new Table({
    head: ["where", "source", "backup", "consistent at (UTC)", "proof", "size", "becomes", "because"],
    style: { head: [], border: [] },
  });
  const rows = places.flatMap(({ where, sources }) => [
    ...sources.flatMap(({ expire }) => expire.map((one) => ({ ...one, where, becomes: goes(one.point, now) }))),
    ...sources.flatMap(({ keep }) =>
      keep.map((one) => ({ ...one, where, becomes: one.point.expiredAt ? "kept again" : "kept" })),
    ),
  ]);
  for (const { where, point, reason, becomes } of rows.slice(0, ROWS_AT_MOST))
    table.push([
      where,
      point.source,
      point.backupId,
      point.recoveredTo.toISOString().slice(0, 16).replace("T", " "),
      isSafety(point.backupId) ? `${point.proof} (safety point)` : point.proof,
      prettyBytes(point.bytes),
      becomes,
      reason,
    ]);
  const left = rows.length - ROWS_AT_MOST;
  return [...table.toString().split("\n"), ...(left > 0 ? [`… and ${left} more that are kept or go`] : [])];
}

function goes(point: StandingPoint, now: Date): string {
  if (point.expiredAt === undefined) return "expires";
  return mayPrune(point, now) ? "is deleted" : "expired, waits to be deleted";
}
