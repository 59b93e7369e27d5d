import pMap from "p-map";
import { durationMs } from "#domain/duration.ts";
import { sha256 } from "#domain/hashes.ts";
import type { BackupId } from "#domain/ids.ts";
import { doneWithinMs, expectedRuns } from "#domain/ledger.ts";
import { type Assessment, assessObjectives, backupsOf } from "#domain/objectives.ts";
import type { Plan } from "#domain/plan.ts";
import { BackupRequested } from "#events/backup-requested.ts";
import type { Executions } from "#ports/executions.ts";
import type { Clock, Log } from "#ports/log.ts";
import type { Events, Machines } from "#ports/messaging.ts";
import type { Metrics } from "#ports/metrics.ts";
import { readAlarm } from "./alarm-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { alarmOf, objectivesTable, problemOf, rowOf, TOO_OLD, verdictOf } from "./describe-objectives.ts";
import { recentPoints } from "./recent-points.ts";
import type { Answer } from "./start-backup.ts";

/** How far back the achieved RPO looks. */
const LOOK_BACK = "7d";

type Ports = CatalogPorts & {
  stage: string;
  plan: Plan;
  clock: Clock;
  events: Events;
  machines: Machines;
  executions: Executions;
  backupMachine: string;
  metrics: Metrics;
  log: Log;
};

/**
 * Holds the newest verified point of each source against the plan's RPO, by the repository alone. A broken one is told and
 * starts a backup of its source, once per break and never beside a run that captures it; one at risk is told before.
 */
export const checkObjectives = (ports: Ports) => async (): Promise<Answer> => {
  const { plan, clock, metrics, log } = ports;
  const now = clock();
  const points = await recentPoints(ports, Object.keys(plan.sources), new Date(now.getTime() - durationMs(LOOK_BACK)));
  const assessments = assessObjectives(plan, { points, begun: await begunRuns(ports, now), now });
  const started: string[] = [];
  for (const one of assessments) {
    const { source, verdict, newest } = one;
    metrics(
      {
        backup_objective_met: verdict === "broken" ? 0 : 1,
        ...(newest ? { backup_age_seconds: newest.ageMs / 1000 } : {}),
      },
      { source },
    );
    if (verdict === "met") {
      await tellOfTheEnd(ports, one);
      continue;
    }
    log.error(`${source}: the RPO is ${verdict}`, { source, newest, rpoMs: one.rpoMs });
    await ports.events.emit({ type: "AlarmRaised", detail: alarmOf(ports, one) });
    if (verdict === "broken" && (await backUpAtOnce(ports, one))) started.push(source);
  }
  return {
    verdict: verdictOf(assessments),
    figures: { table: objectivesTable(assessments), objectives: assessments.map(rowOf), started },
    next: assessments.some(({ verdict }) => verdict !== "met") ? "docs/runbooks/BackupTooOld.md" : "Nothing.",
  };
};

async function tellOfTheEnd(ports: Ports, { source, newest }: Assessment): Promise<void> {
  const code = TOO_OLD;
  if (!(await readAlarm(ports, { source, code }))?.isOpen) return;
  const message = `${source} meets its RPO again: it is restorable to ${newest?.recoveredTo.toISOString()} (${newest?.backupId}).`;
  await ports.events.emit({ type: "AlarmRecovered", detail: { stage: ports.stage, source, code, message } });
}

/** Of the runs that the schedules ask for and that still have time, those that a claim was written for. */
async function begunRuns({ plan, repository, layout }: Ports, now: Date): Promise<Set<BackupId>> {
  const within = Math.max(...Object.values(plan.backups).map(doneWithinMs));
  const due = expectedRuns(plan, new Date(now.getTime() - within), now);
  const begun = await pMap(
    due,
    async ({ backupId }) => ((await repository.head(layout.claim(backupId))) ? backupId : []),
    {
      concurrency: 8,
    },
  );
  return new Set(begun.flat());
}

/** True when it has started one. The same break has the same name, so it starts once; what runs already is let be. */
async function backUpAtOnce(ports: Ports, assessment: Assessment): Promise<boolean> {
  const { source } = assessment;
  const [backup] = Object.keys(backupsOf(source, ports.plan));
  if (backup === undefined || ports.plan.objectives[source]?.backUpAtOnce === false) return false;
  if (await isBeingCaptured(ports, source)) return false;
  const name = `too-old-${sha256(problemOf(assessment)).slice(0, 16)}`;
  return (await ports.machines.start(ports.backupMachine, name, { backup, sources: [source] })).isNew;
}

async function isBeingCaptured({ executions, backupMachine, plan }: Ports, source: string): Promise<boolean> {
  for await (const { arn } of executions.list(backupMachine, "RUNNING")) {
    const { input } = await executions.describe(arn);
    const request = BackupRequested.parse(JSON.parse(input));
    if (!("backup" in request)) continue; // a safety point is never what an objective is met by
    if ((request.sources ?? plan.backups[request.backup]?.sources ?? []).includes(source)) return true;
  }
  return false;
}
