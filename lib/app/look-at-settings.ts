import { driftOf } from "#domain/bucket-settings.ts";
import type { Plan } from "#domain/plan.ts";
import { eventBridgeCron } from "#domain/schedule.ts";
import { driftOfSchedule, type Finding, type Schedule } from "#domain/silence.ts";
import type { Watched } from "#ports/watched.ts";

export type SettingsPorts = { watched: Watched; plan: Plan; stage: string };
/** Those that exist, by the backup's name; the sweep's is `_retention`. */
export type Schedules = ReadonlyMap<string, Schedule>;

/** Functions that only a rule of EventBridge calls: without it each of them is silent. */
export const CALLED_BY_RULES = [
  "announce",
  "check-backup",
  "notice-tampering",
  "sweep-repository",
  "check-objectives",
] as const;

/** Schedules, rules and bucket settings against what the template and the plan make of them. */
export async function lookAtSettings(ports: SettingsPorts): Promise<{ schedules: Schedules; drift: Finding[] }> {
  const { watched, plan, stage } = ports;
  const wanted = [
    ...Object.entries(plan.backups).map(([name, { schedule }]) => ({
      name,
      its: `holdfast-${stage}-${name}`,
      schedule,
    })),
    ...(plan.retention
      ? [{ name: "_retention", its: `holdfast-${stage}_retention`, schedule: plan.retention.schedule }]
      : []),
  ];
  const schedules = new Map<string, Schedule>();
  const ofSchedules: string[] = [];
  for (const { name, its, schedule } of wanted) {
    const found = await watched.schedule(its);
    if (found) schedules.set(name, found);
    ofSchedules.push(...driftOfSchedule(its, eventBridgeCron(schedule), found));
  }
  const bucket = driftOf(await watched.bucket(), plan.encryption.repository?.kmsKey);
  return {
    schedules,
    drift: [
      ...[...ofSchedules, ...(await driftOfRules(ports))].map((what) => drifted("schedules", what)),
      ...bucket.map((what) => drifted("repository", what)),
    ],
  };
}

const drifted = (source: string, what: string): Finding => ({ code: "SettingsDrifted", source, what });

async function driftOfRules({ watched, stage }: SettingsPorts): Promise<string[]> {
  const rules = await watched.rules(`holdfast-${stage}-`);
  const names = rules.map(({ name }) => name);
  return [
    ...CALLED_BY_RULES.map((name) => `holdfast-${stage}-${name}-rule-1`)
      .filter((name) => !names.includes(name))
      .map((name) => `the rule ${name} is gone`),
    ...rules.filter(({ isEnabled }) => !isEnabled).map(({ name }) => `the rule ${name} is DISABLED`),
  ];
}
