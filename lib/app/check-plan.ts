import { slowCopies } from "#domain/copy-contradictions.ts";
import { formatDuration } from "#domain/duration.ts";
import { forecast, type TaskSize } from "#domain/forecast.ts";
import type { Plan } from "#domain/plan.ts";
import { pricesOf } from "#domain/prices.ts";
import { longestIntervalMs, nextRuns } from "#domain/schedule.ts";
import type { Clock } from "#ports/log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { describeEstimates, tableOf } from "./describe-forecasts.ts";
import { measureSources } from "./measure-sources.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & {
  plan: Plan;
  clock: Clock;
  region: string;
  captureTask: TaskSize & { architecture: string };
};

/**
 * What the deployed plan means: when each source is captured, against its objective, what that may come to in bytes and
 * dollars; and the signing key to pin.
 */
export const checkPlan = (ports: Ports) => async (): Promise<Answer> => {
  const { plan, signatures, clock, region, captureTask } = ports;
  const fingerprint = await signatures.fingerprint();
  const pinned = plan.signing?.publicKeySha256;
  const isRightKey = pinned === undefined || pinned === fingerprint;
  const measured = isRightKey ? await measureSources(ports) : new Map();
  const given = { now: clock(), task: captureTask, prices: pricesOf(region, captureTask.architecture) };
  const forecasts = Object.keys(plan.sources).map((source) => forecast(plan, source, measured.get(source), given));
  const backups = Object.entries(plan.backups).map(([name, { schedule, sources }]) => ({
    backup: name,
    sources,
    schedule: `${schedule} UTC`,
    longestInterval: formatDuration(longestIntervalMs(schedule)),
    nextRuns: nextRuns(schedule, given.now, 3).map((run) => run.toISOString()),
  }));
  const warnings = slowCopies(plan);
  return {
    verdict: isRightKey
      ? `The plan holds together${warnings.length > 0 ? "; see its warnings" : ""}`
      : `The signing key is ${fingerprint}, the plan pins ${pinned}: nothing it signs is believed`,
    figures: {
      table: tableOf(forecasts),
      aboutTheEstimates: describeEstimates(region, captureTask),
      sources: forecasts,
      backups,
      objectives: plan.objectives,
      warnings,
      signingKey: { fingerprint, pinned: pinned ?? "not yet" },
    },
    next: pinned === undefined ? `Pin the key in the plan: signing: { publicKeySha256: ${fingerprint} }` : "Nothing.",
  };
};
