import prettyBytes from "pretty-bytes";
import { describeReading, pauseMs, remainingMs } from "#domain/progress.ts";
import type { Log } from "#ports/log.ts";

const FIRST_PAUSE_MS = 3_000;

/** What is counted, and against what. `isExpectation`: the total is a guess made beforehand. */
export type Meter = { bytes: () => number; totalBytes: number | undefined; isExpectation?: boolean };

/** A line every few seconds, less often later, with what has passed so far, how fast, and what is left, as long as it runs. */
export function reportProgress(log: Log, what: string, meter: Meter): { stop(): void } {
  let before = { bytes: meter.bytes(), elapsedMs: 0 };
  return atWideningIntervals(FIRST_PAUSE_MS, (elapsedMs) => {
    const reading = { bytes: meter.bytes(), totalBytes: meter.totalBytes, elapsedMs };
    const bytesPerSecond = Math.round(((reading.bytes - before.bytes) * 1000) / (elapsedMs - before.elapsedMs));
    before = reading;
    const words = describeReading(reading, meter.isExpectation);
    log.info(`${what}: ${words}, ${prettyBytes(bytesPerSecond)}/s`, {
      ...{ bytes: reading.bytes, totalBytes: reading.totalBytes, bytesPerSecond },
      remainingMs: remainingMs(reading),
    });
  });
}

/** Does it again and again until it is stopped, with pauses that grow with the time that has passed. */
export function atWideningIntervals(firstMs: number, work: (elapsedMs: number) => void): { stop(): void } {
  const begun = performance.now();
  const elapsedMs = () => performance.now() - begun;
  const again = () =>
    setTimeout(
      () => {
        work(elapsedMs());
        timer = again();
      },
      pauseMs(elapsedMs(), firstMs),
    );
  let timer = again();
  return { stop: () => clearTimeout(timer) };
}
