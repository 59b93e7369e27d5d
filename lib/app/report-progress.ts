import prettyBytes from "pretty-bytes";
import type { Log } from "#ports/log.ts";

const EVERY_MS = 3_000;

/** A line every few seconds with what has passed so far and how fast, as long as it runs. */
export function reportProgress(log: Log, what: string, bytesSoFar: () => number): { stop(): void } {
  let before = bytesSoFar();
  const timer = setInterval(() => {
    const bytes = bytesSoFar();
    const bytesPerSecond = Math.round(((bytes - before) * 1000) / EVERY_MS);
    before = bytes;
    log.info(`${what}: ${prettyBytes(bytes)} so far, ${prettyBytes(bytesPerSecond)}/s`, { bytes, bytesPerSecond });
  }, EVERY_MS);
  return { stop: () => clearInterval(timer) };
}
