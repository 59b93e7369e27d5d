import { durationMs, formatDuration } from "./duration.ts";
import type { Lock } from "./lock-policy.ts";
import type { Problem } from "./plan-contradictions.ts";
import type { Retention } from "./retention-policy.ts";
import { longestIntervalMs } from "./schedule.ts";

const DAY_MS = 24 * 3600 * 1000;

/** What of a lock contradicts the retention that extends it, and that has to delete after it. `under`: the path of both. */
export function lockContradictions(lock: Lock | undefined, retention: Retention | undefined, under = ""): Problem[] {
  if (!lock) return [];
  if (!retention) return [{ path: `${under}lock`, message: "needs retention, whose sweep extends the locks" }];
  const ahead = durationMs(lock.for);
  const apart = longestIntervalMs(retention.schedule);
  const problems: Problem[] = [];
  if (ahead < apart + DAY_MS)
    problems.push({
      path: `${under}lock.for`,
      message: `${lock.for} runs out between two sweeps, which are up to ${formatDuration(apart)} apart: at least a day more is needed`,
    });
  const own = Object.entries(retention.sources).map(([name, policy]) => ({
    path: `${under}retention.sources.${name}`,
    policy,
  }));
  for (const { path, policy } of [{ path: `${under}retention.default`, policy: retention.default }, ...own]) {
    const { days } = policy;
    if (ahead > days * DAY_MS)
      problems.push({
        path: `${under}lock.for`,
        message: `${lock.for} is longer than the ${days} days of ${path}: what has expired could not be deleted`,
      });
  }
  return problems;
}
