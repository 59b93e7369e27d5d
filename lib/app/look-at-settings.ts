import { driftOf } from "#domain/bucket-settings.ts";
import { SWEEP_OF_COPIES } from "#domain/copies.ts";
import type { Plan } from "#domain/plan.ts";
import { scheduleOfSweep, sweptPlaces } from "#domain/retention-rules.ts";
import { eventBridgeCron } from "#domain/schedule.ts";
import { driftOfSchedule, type Finding, type Schedule } from "#domain/silence.ts";
import type { Watched } from "#ports/watched.ts";

export type SettingsPorts = { watched: Watched; plan: Plan; stage: string };
/** Those that exist, by the backup's name; those of sweeps are `_retention`, `_retention_<copy>` and `_copy`. */
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
    ...sweepsOf(plan).map(({ name, schedule }) => ({ name, its: `holdfast-${stage}${name}`, schedule })),
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

/** A sweep of retention per place, and the daily look for what was not copied. */
const sweepsOf = (plan: Plan) => [
  ...(plan.retention ? sweptPlaces(plan) : []).map((where) => ({
    name: scheduleOfSweep(where),
    schedule: plan.retention?.schedule ?? "",
  })),
  ...(plan.copies ? [{ name: "_copy", schedule: SWEEP_OF_COPIES }] : []),
];

const drifted = (source: string, what: string): Finding => ({ code: "SettingsDrifted", source, what });

async function driftOfRules({ watched, plan, stage }: SettingsPorts): Promise<string[]> {
  const rules = await watched.rules(`holdfast-${stage}-`);
  const names = rules.map(({ name }) => name);
  return [
    ...[...CALLED_BY_RULES.map((name) => `${name}-rule-1`), ...(plan.copies ? ["copy-when-verified"] : [])]
      .map((name) => `holdfast-${stage}-${name}`)
      .filter((name) => !names.includes(name))
      .map((name) => `the rule ${name} is gone`),
    ...rules.filter(({ isEnabled }) => !isEnabled).map(({ name }) => `the rule ${name} is DISABLED`),
  ];
}
