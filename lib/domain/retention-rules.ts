import { REPOSITORY } from "./copies.ts";
import { durationMs } from "./duration.ts";
import type { Plan } from "./plan.ts";
import type { Rules } from "./retention.ts";
import { longestIntervalMs, runsPerMonth } from "./schedule.ts";

const DAY_MS = 24 * 3600 * 1000;
const DAYS_PER_MONTH = 1461 / 48;
const AT_LEAST = 10;
/** What the schedules bring, and as much again to catch up. */
const FACTOR = 2;

/**
 * What the plan says of the points that bear this name: of a source, or of a target whose safety points are its own. Undefined
 * for a name that the plan does not know: nothing is let go of by default.
 */
export function rulesOf(plan: Plan, name: string): Pick<Rules, "policy" | "rpoMs" | "most"> | undefined {
  const { retention, objectives } = plan;
  if (!retention || (!plan.sources[name] && !plan.targets[name])) return undefined;
  const rpo = objectives[name]?.rpo;
  return {
    policy: retention.sources[name] ?? retention.default,
    rpoMs: rpo === undefined ? undefined : durationMs(rpo),
    most: mostPerSweep(plan, name, retention.schedule),
  };
}

/** T5: whatever is wrong with a policy, one sweep takes no more than twice what came since the one before. */
function mostPerSweep({ backups }: Plan, source: string, sweep: string): number {
  const perMonth = Object.values(backups)
    .filter(({ sources }) => sources.includes(source))
    .reduce((sum, { schedule }) => sum + runsPerMonth(schedule), 0);
  const perSweep = (perMonth / DAYS_PER_MONTH) * (longestIntervalMs(sweep) / DAY_MS);
  return Math.max(AT_LEAST, Math.ceil(FACTOR * perSweep));
}

export const longestRpoMs = ({ objectives }: Plan) =>
  Math.max(...Object.values(objectives).map(({ rpo }) => durationMs(rpo)));

/** The plan as it holds in one place: a copy has its own policies and its own lock, and no others. */
export function planIn(plan: Plan, where: string): Plan {
  if (where === REPOSITORY) return plan;
  const { retention: sweeps, lock: _, ...rest } = plan;
  const { retention, lock } = plan.copies?.[where] ?? {};
  return {
    ...rest,
    ...(retention && sweeps ? { retention: { schedule: sweeps.schedule, ...retention } } : {}),
    ...(lock ? { lock } : {}),
  };
}

/** Every place that sweeps look after: the first bucket, and the copies that have policies of their own. */
export const sweptPlaces = ({ copies = {} }: Pick<Plan, "copies">): string[] => [
  REPOSITORY,
  ...Object.entries(copies).flatMap(([name, { retention }]) => (retention ? [name] : [])),
];

/** Whose alarm it is when the sweep of one place fails, or does not come. */
export const sweepNamed = (where = REPOSITORY) => (where === REPOSITORY ? "retention" : `retention-${where}`);

/** What follows `holdfast-<stage>` in the name of its schedule. Names of backups and of copies have no underscore. */
export const scheduleOfSweep = (where: string) => (where === REPOSITORY ? "_retention" : `_retention_${where}`);
