import prettyBytes from "pretty-bytes";
import prettyMs from "pretty-ms";
import { z } from "zod";

/** How far a restore's task is, as it writes it down: `runs/<restoreId>/<task>.<attempt>.<NNNN>.progress.json`. */
export const Progress = z.strictObject({
  /** `load`, `compare`, `swap`: what the task is at. */
  phase: z.string(),
  /** Stored bytes that were read so far, and that are to be read. */
  bytes: z.int().nonnegative(),
  totalBytes: z.int().nonnegative(),
  /** Of the load; null in the other phases, which read nothing that was counted beforehand. */
  percent: z.int().min(0).max(99).nullable(),
  /** When everything will have been read, at the pace so far; null where that can't be told. */
  loadedAt: z.iso.datetime().nullable(),
  at: z.iso.datetime(),
});
export type Progress = z.infer<typeof Progress>;

/** `totalBytes`: undefined where nobody knows. */
export type Reading = { bytes: number; totalBytes: number | undefined; elapsedMs: number };

/** Below this much time a pace says nothing. */
const TOO_EARLY_MS = 1_000;
/** The share of the time that has passed which goes by until the next report: 12 hours come to some 110 of them. */
const WIDENING = 0.05;

/** Whole percent, never 100: only whoever does the work knows that it is done. */
export function percentOf({ bytes, totalBytes }: Pick<Reading, "bytes" | "totalBytes">): number | undefined {
  if (totalBytes === undefined || totalBytes <= 0) return undefined;
  return Math.max(0, Math.min(99, Math.floor((100 * bytes) / totalBytes)));
}

/** Milliseconds until all is read, at the pace so far; undefined where there is no total, or no pace, or more came than was expected. */
export function remainingMs({ bytes, totalBytes, elapsedMs }: Reading): number | undefined {
  if (totalBytes === undefined || bytes <= 0 || bytes > totalBytes || elapsedMs < TOO_EARLY_MS) return undefined;
  return Math.round((elapsedMs * (totalBytes - bytes)) / bytes);
}

/** How long to wait for the next report: `firstMs` in the beginning, and a share of what has passed later. */
export const pauseMs = (elapsedMs: number, firstMs: number) => Math.max(firstMs, Math.round(elapsedMs * WIDENING));

/** `43 % (95.1 MB of 221 MB), 41s to go`. An expectation that may be wrong is called one: `about`. */
export function describeReading(reading: Reading, isExpectation = false): string {
  const percent = percentOf(reading);
  if (percent === undefined) return `${prettyBytes(reading.bytes)} so far`;
  const about = isExpectation ? "about " : "";
  const left = remainingMs(reading);
  const toGo = left === undefined ? "" : `, ${about}${describeMs(left)} to go`;
  return `${about}${percent} % (${prettyBytes(reading.bytes)} of ${about}${prettyBytes(reading.totalBytes ?? 0)})${toGo}`;
}

/** `1m 5s`, `2h 3m`. */
export const describeMs = (milliseconds: number) =>
  prettyMs(Math.max(0, milliseconds), { unitCount: 2, secondsDecimalDigits: 0 });

/** What a task is at and how far it is, for people: `load, 43 %`. */
export const describePhase = ({ phase, percent }: Pick<Progress, "phase" | "percent">) =>
  percent === null ? phase : `${phase}, ${percent} %`;
