import { z } from "zod";
import { durationMs, formatDuration } from "./duration.ts";
import { mountOf } from "./file-systems.ts";
import type { Plan } from "./plan.ts";
import { longestIntervalMs } from "./schedule.ts";

export type Problem = { path: string; message: string };

/** What only shows when sections are held against each other, as far as each can be read at all. */
export function contradictions(
  plan: Pick<Plan, "sources" | "targets" | "backups" | "objectives">,
  top: Record<string, unknown>,
): Problem[] {
  const named = (section: string) => Object.keys((top[section] as object | undefined) ?? {});
  const problems: Problem[] = [];
  for (const [name, { restoreTo, engine }] of Object.entries(plan.sources)) {
    const path = `sources.${name}.restoreTo`;
    const target = plan.targets[restoreTo];
    if (!named("targets").includes(restoreTo)) problems.push({ path, message: `there is no target "${restoreTo}"` });
    if (target && target.engine !== engine)
      problems.push({ path, message: `"${restoreTo}" is ${target.engine}, the source is ${engine}` });
    if (target?.live)
      problems.push({ path, message: `"${restoreTo}" is live: restores land there only when they are told to` });
  }
  for (const [name, { source, engine }] of Object.entries(plan.targets)) {
    if (source === undefined) continue;
    const path = `targets.${name}.source`;
    if (!named("sources").includes(source)) problems.push({ path, message: `there is no source "${source}"` });
    const there = serverOf(plan.sources[source]);
    if (plan.sources[source] && there !== serverOf(plan.targets[name]))
      problems.push({ path, message: `"${source}" is on ${there}: a safety point would be taken of another server` });
    const same = plan.sources[source]?.engine ?? engine;
    if (same !== engine) problems.push({ path, message: `"${source}" is ${same}, the target is ${engine}` });
  }
  const members = Object.entries(Memberships.parse(top["backups"]));
  for (const [name, { sources }] of members)
    sources.forEach((source, index) => {
      if (!named("sources").includes(source))
        problems.push({ path: `backups.${name}.sources.${index}`, message: `there is no source "${source}"` });
    });
  problems.push(...tooLong(plan.backups));
  for (const name of named("objectives"))
    if (!named("sources").includes(name))
      problems.push({ path: `objectives.${name}`, message: `there is no source "${name}"` });
  for (const name of named("sources")) {
    if (!members.some(([, { sources }]) => sources.includes(name)))
      problems.push({ path: `sources.${name}`, message: "is in no backup: it would never be captured" });
    if (!named("objectives").includes(name))
      problems.push({ path: `objectives.${name}`, message: "is missing: say its rpo and rto" });
    problems.push(...unreachableRpo(name, plan));
  }
  return problems;
}

/** `host:port` of what is reached over a network, the mount and the path of what is mounted. */
const Connected = z.looseObject({ connection: z.looseObject({ host: z.string(), port: z.number() }) });
const InFileSystem = z.looseObject({ fileSystem: z.string(), accessPoint: z.string().optional(), path: z.string() });
function serverOf(entry: unknown): string {
  const server = Connected.safeParse(entry).data;
  if (server) return `${server.connection.host}:${server.connection.port}`;
  const tree = InFileSystem.safeParse(entry).data;
  return tree ? `${mountOf(tree).volume}:/${tree.path}` : "";
}

/** Which sources a backup names, however wrong the rest of it is. */
const Memberships = z
  .record(z.string(), z.looseObject({ sources: z.array(z.string()).catch([]) }).catch({ sources: [] }))
  .catch({});

/** Runs of one backup would overlap, and a late one would not be noticed before the next. */
const tooLong = (backups: Plan["backups"]): Problem[] =>
  Object.entries(backups).flatMap(([name, { schedule, doneWithin }]) => {
    const interval = longestIntervalMs(schedule);
    if (doneWithin === undefined || durationMs(doneWithin) <= interval) return [];
    const message = `${doneWithin} is longer than what lies between two runs, ${formatDuration(interval)}`;
    return [{ path: `backups.${name}.doneWithin`, message }];
  });

/** C1: an RPO that is shorter than the interval of the backup that should meet it can't be met. */
function unreachableRpo(source: string, { backups, objectives }: Pick<Plan, "backups" | "objectives">): Problem[] {
  const objective = objectives[source];
  const intervals = Object.entries(backups)
    .filter(([, { sources }]) => sources.includes(source))
    .map(([name, { schedule }]) => ({ name, interval: longestIntervalMs(schedule) }))
    .toSorted((a, b) => a.interval - b.interval);
  const [shortest] = intervals;
  if (!objective || !shortest || durationMs(objective.rpo) >= shortest.interval) return [];
  const apart = formatDuration(shortest.interval);
  const message = `C1: ${objective.rpo} can't be met: backup "${shortest.name}" runs up to ${apart} apart`;
  return [{ path: `objectives.${source}.rpo`, message }];
}
