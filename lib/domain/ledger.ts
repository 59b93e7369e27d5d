import { CronExpressionParser } from "cron-parser";
import { durationMs } from "./duration.ts";
import { type BackupId, scheduledBackupId } from "./ids.ts";
import type { Plan } from "./plan.ts";
import { longestIntervalMs } from "./schedule.ts";

/** A run that the plan's schedules ask for. It is late when it is not wholly verified by `doneBy`. */
export type ExpectedRun = { backup: string; backupId: BackupId; sources: string[]; dueAt: Date; doneBy: Date };

const DONE_WITHIN = "1h";
/** How long a run of this backup may take until every point of it is verified, in milliseconds. */
export const doneWithinMs = ({ doneWithin, schedule }: Plan["backups"][string]) =>
  doneWithin === undefined ? Math.min(durationMs(DONE_WITHIN), longestIntervalMs(schedule)) : durationMs(doneWithin);

/** Every instant of a cron in UTC after `from`, up to `to` and with it, oldest first. */
export function instantsOf(cron: string, from: Date, to: Date): Date[] {
  if (from.getTime() >= to.getTime()) return [];
  const runs = CronExpressionParser.parse(cron, { tz: "UTC", currentDate: from });
  const found: Date[] = [];
  for (let next = runs.next().toDate(); next.getTime() <= to.getTime(); next = runs.next().toDate()) found.push(next);
  return found;
}

/** Every backup that was due after `from`, up to `to` and with it, oldest first. */
export function expectedRuns({ backups }: Pick<Plan, "backups">, from: Date, to: Date): ExpectedRun[] {
  return Object.entries(backups)
    .flatMap(([backup, its]) => {
      const withinMs = doneWithinMs(its);
      return instantsOf(its.schedule, from, to).map((dueAt) => ({
        backup,
        backupId: scheduledBackupId(backup, dueAt),
        sources: its.sources,
        dueAt,
        doneBy: new Date(dueAt.getTime() + withinMs),
      }));
    })
    .toSorted((a, b) => a.dueAt.getTime() - b.dueAt.getTime());
}
