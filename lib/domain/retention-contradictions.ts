import { durationMs, formatDuration } from "./duration.ts";
import type { Plan } from "./plan.ts";
import type { Problem } from "./problem.ts";
import { type CopyRetention, PERIODS, type RetentionPolicy } from "./retention-policy.ts";
import { longestIntervalMs } from "./schedule.ts";

const DAY_MS = 24 * 3600 * 1000;
/** Months and years differ in length. */
const SLACK = 31 / 28;

type Sections = Pick<Plan, "backups" | "objectives"> & { retention?: CopyRetention | undefined };

/**
 * What contradicts itself, a source's backups or its objective. `sources`: every name, however wrong its section is. `under`: the
 * path of the section.
 */
export function retentionContradictions(plan: Sections, sources: string[], under = "retention"): Problem[] {
  const { retention } = plan;
  if (!retention) return [];
  const strangers = Object.keys(retention.sources).filter((name) => !sources.includes(name));
  const own = new Map(Object.entries(retention.sources));
  const byPolicy = [...own].map(([name, policy]) => ({ path: `${under}.sources.${name}`, policy, of: [name] }));
  const others = sources.filter((name) => !own.has(name));
  return [
    ...strangers.map((name) => ({ path: `${under}.sources.${name}`, message: `there is no source "${name}"` })),
    ...[{ path: `${under}.default`, policy: retention.default, of: others }, ...byPolicy].flatMap(
      ({ path, policy, of }) => [
        ...useless(path, policy),
        ...of.flatMap((source) => contradictionsOf(path, policy, source, plan)),
      ],
    ),
  ];
}

/** A rule that reaches no further back than `days` keeps nothing that is not kept already. */
const useless = (path: string, policy: RetentionPolicy): Problem[] =>
  PERIODS.flatMap(({ rule, lengthMs }) => {
    const wanted = policy[rule];
    if (wanted === undefined || wanted * lengthMs > policy.days * DAY_MS) return [];
    return [{ path: `${path}.${rule}`, message: `${wanted} keeps nothing that days: ${policy.days} does not keep` }];
  });

function contradictionsOf(path: string, policy: RetentionPolicy, source: string, plan: Sections): Problem[] {
  const schedules = Object.values(plan.backups).flatMap((one) => (one.sources.includes(source) ? [one.schedule] : []));
  const interval = Math.min(...schedules.map(longestIntervalMs));
  const days = { path: `${path}.days`, kept: policy.days * DAY_MS };
  const rpo = plan.objectives[source]?.rpo;
  const problems: Problem[] = [];
  if (rpo !== undefined && durationMs(rpo) > days.kept)
    problems.push({ path: days.path, message: `${policy.days} is shorter than the RPO of "${source}", ${rpo}` });
  if (schedules.length === 0) return problems;
  if (interval > days.kept)
    problems.push({
      path: days.path,
      message: `${policy.days} is shorter than what lies between two points of "${source}", ${formatDuration(interval)}`,
    });
  for (const { rule, noun, lengthMs } of PERIODS)
    if (policy[rule] !== undefined && interval > lengthMs * SLACK)
      problems.push({
        path: `${path}.${rule}`,
        message: `"${source}" has no point every ${noun.replace(" of", "")}: its backups run up to ${formatDuration(interval)} apart`,
      });
  return problems;
}
