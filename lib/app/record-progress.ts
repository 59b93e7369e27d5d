import { describeError } from "#domain/errors.ts";
import { describePhase, type Progress, percentOf, remainingMs } from "#domain/progress.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { Clock, Log } from "#ports/log.ts";
import type { Repository } from "#ports/repository.ts";
import { atWideningIntervals, type Meter, reportProgress } from "./report-progress.ts";

const FIRST_PAUSE_MS = 10_000;
/** The phase that reads the point; only of this one it is known beforehand how much there is to do. */
const LOAD = "load";

type Ports = { repository: Repository; layout: RepositoryLayout; clock: Clock; log: Log };
type Run = { runId: string; task: string; attempt: number };
type Known = Omit<Meter, "totalBytes" | "isExpectation"> & { totalBytes: number };

/**
 * Says how far a restore is, in the task's log and in objects of the run, one more with each phase and at widening intervals.
 * A note that can't be written is missing and nothing else: it never fails the restore.
 */
export function recordProgress(ports: Ports, run: Run, meter: Known) {
  const { repository, layout, clock, log } = ports;
  let begun = performance.now();
  let phase = "begin";
  let number = 0;
  let written: Promise<unknown> = Promise.resolve();
  const look = (): Progress => {
    const reading = { bytes: meter.bytes(), totalBytes: meter.totalBytes, elapsedMs: performance.now() - begun };
    const isLoading = phase === LOAD;
    const left = isLoading ? remainingMs(reading) : undefined;
    const now = clock();
    return {
      phase,
      ...{ bytes: reading.bytes, totalBytes: reading.totalBytes },
      percent: (isLoading ? percentOf(reading) : undefined) ?? null,
      loadedAt: left === undefined ? null : new Date(now.getTime() + left).toISOString(),
      at: now.toISOString(),
    };
  };
  const write = () => {
    const key = layout.progress(run.runId, run.task, run.attempt, ++number);
    const body = JSON.stringify(look());
    written = written
      .then(() => repository.create(key, body))
      .catch((error) => log.error("progress could not be written down", { key, error: describeError(error) }));
  };
  let lines: { stop(): void } | undefined;
  const notes = atWideningIntervals(FIRST_PAUSE_MS, write);
  return {
    enter(next: string): void {
      if (next === phase) return;
      phase = next;
      lines?.stop();
      lines = undefined;
      if (phase === LOAD) {
        begun = performance.now();
        lines = reportProgress(log, `load ${run.task}`, meter);
      }
      log.info(`restore ${run.task}: ${describePhase(look())}`, { phase });
      write();
    },
    /** Resolves when everything is written. */
    async stop(): Promise<void> {
      lines?.stop();
      notes.stop();
      await written;
    },
  };
}
