import Table from "cli-table3";
import { formatDuration } from "#domain/duration.ts";
import { type Assessment, backupsOf } from "#domain/objectives.ts";
import type { Plan } from "#domain/plan.ts";
import { describeMs } from "#domain/progress.ts";
import type { Happening } from "#events/happenings.ts";

export const TOO_OLD = "BackupTooOld";

type Alarm = Extract<Happening, { type: "AlarmRaised" }>["detail"];

/** All that follows on one point is one break: the next point may begin another. */
export const problemOf = ({ source, verdict, newest }: Assessment) =>
  `${source} is ${verdict} after ${newest?.backupId ?? "nothing"}`;

export function verdictOf(assessments: Assessment[]): string {
  const those = (verdict: Assessment["verdict"]) =>
    assessments.filter((one) => one.verdict === verdict).map(({ source }) => source);
  const [broken, atRisk] = [those("broken"), those("at risk")];
  if (broken.length > 0) return `The RPO of ${broken.join(", ")} is broken`;
  if (atRisk.length > 0) return `The RPO of ${atRisk.join(", ")} will be broken`;
  return "Every source meets its RPO";
}

export function alarmOf({ plan, stage }: { plan: Plan; stage: string }, one: Assessment): Alarm {
  const { source, verdict, newest, rpoMs, nextRun } = one;
  const isBroken = verdict === "broken";
  const startsOne = isBroken && plan.objectives[source]?.backUpAtOnce !== false;
  const [backup = "…"] = Object.keys(backupsOf(source, plan));
  const startBackup = `npx sls invoke --stage ${stage} -f start-backup -d '${JSON.stringify({ backup, sources: [source] })}'`;
  return {
    stage,
    code: TOO_OLD,
    source,
    severity: isBroken ? "critical" : "warning",
    problem: problemOf(one),
    message: [
      newest
        ? `The newest verified point of ${source} is ${newest.backupId}: it is restorable to ${newest.recoveredTo.toISOString()}, ${describeMs(newest.ageMs)} ago.`
        : `${source} has no verified point: nothing of it can be restored.`,
      newest
        ? `Its RPO, ${formatDuration(rpoMs)}, ${isBroken ? "is" : "will be"} broken ${isBroken ? "since" : "at"} ${newest.breaksAt.toISOString()}.`
        : `Its RPO is ${formatDuration(rpoMs)}.`,
      startsOne
        ? "A backup of it is started now, unless one is running; should that fail, the next one is by hand."
        : `The next run is due at ${nextRun.toISOString()}.`,
    ].join("\n"),
    next: {
      say: startsOne ? "see why the last runs gave nothing; how that backup ends is told:" : "back up at once:",
      command: startsOne
        ? `npx sls invoke --stage ${stage} -f list-points -d '${JSON.stringify({ source })}'`
        : startBackup,
    },
  };
}

/** One line each, for what prints JSON. */
export function objectivesTable(assessments: Assessment[]): string[] {
  const table = new Table({
    head: ["source", "RPO", "newest verified (UTC)", "age", "achieved in 7 days", "next run (UTC)", "verdict"],
    style: { head: [], border: [] },
  });
  for (const { source, rpoMs, newest, achievedMs, nextRun, underWay, verdict } of assessments)
    table.push([
      source,
      formatDuration(rpoMs),
      newest ? minuteOf(newest.recoveredTo) : "none",
      newest ? describeMs(newest.ageMs) : "",
      achievedMs === undefined ? "" : describeMs(achievedMs),
      minuteOf(nextRun),
      underWay === undefined ? verdict : `${verdict}, ${underWay} is under way`,
    ]);
  return table.toString().split("\n");
}

const minuteOf = (at: Date) => at.toISOString().slice(0, 16).replace("T", " ");

/** The same for machines: instants in ISO, times in seconds. */
export const rowOf = ({ source, verdict, rpoMs, newest, achievedMs, underWay, nextRun }: Assessment) => ({
  source,
  verdict,
  rpoSeconds: rpoMs / 1000,
  newest: newest && {
    backupId: newest.backupId,
    recoveredTo: newest.recoveredTo.toISOString(),
    ageSeconds: newest.ageMs / 1000,
    breaksAt: newest.breaksAt.toISOString(),
  },
  achievedSeconds: achievedMs === undefined ? undefined : achievedMs / 1000,
  underWay,
  nextRun: nextRun.toISOString(),
});
