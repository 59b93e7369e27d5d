import { describeError } from "#domain/errors.ts";
import { restoreOfProgressKey } from "#domain/repository-layout.ts";
import type { Log } from "#ports/log.ts";
import type { Channel } from "#ports/messaging.ts";
import type { CatalogPorts } from "./catalog.ts";
import { describeFar } from "./describe-restore-events.ts";
import { readRestore } from "./read-restore.ts";

type Ports = CatalogPorts & { stage: string; channels: Channel[]; log: Log };

/** A tenth of the load is worth a change of the message, and so is every phase: some dozen for a restore, however long. */
const STEP_PERCENT = 10;

/**
 * Shows how far a restore is, where a channel can change what it has told. Whichever event comes, the newest note counts. What
 * can't be shown is left out: the next step shows more.
 */
export const tellProgress =
  (ports: Ports) =>
  async (progressKey: string): Promise<{ told: boolean }> => {
    const { repository, layout, log } = ports;
    const run = restoreOfProgressKey(ports.stage, progressKey);
    const channels = ports.channels.filter((channel) => channel.update !== undefined);
    if (!run || channels.length === 0) return { told: false };
    const { progress, chosen, hasOutcome, cancelled } = await readRestore(ports, run.restoreId);
    if (!progress || !chosen || hasOutcome || cancelled) return { told: false }; // its end is told of in another way
    const step = progress.percent === null ? 0 : Math.floor(progress.percent / STEP_PERCENT);
    const shown = layout.announced(run.restoreId, `progress-${progress.phase}-${step}`);
    if ((await repository.create(shown, JSON.stringify(progress))) === "exists") return { told: false };
    const announcement = describeFar({ ...chosen, restoreId: run.restoreId, stage: ports.stage }, progress);
    const results = await Promise.allSettled(channels.map((channel) => channel.update?.(announcement)));
    for (const result of results)
      if (result.status === "rejected")
        log.error("progress could not be shown", { ...run, error: describeError(result.reason) });
    return { told: results.every(({ status }) => status === "fulfilled") };
  };
