import type { Announcement } from "#domain/announcement.ts";
import { stepsLeft } from "#domain/checklist.ts";
import { type Incident, type IncidentClosed, type IncidentId, REPOSITORY } from "#domain/incident.ts";
import { type Event, incidentReport } from "#domain/incident-report.ts";
import type { Plan } from "#domain/plan.ts";
import type { Happening } from "#events/happenings.ts";
import type { Clock } from "#ports/log.ts";
import { readAlarmLogs } from "./alarm-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readAllEvidence } from "./read-evidence.ts";
import { readIncident, readSteps } from "./read-incidents.ts";
import { invoke } from "./restore-commands.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & { plan: Plan; clock: Clock; stage: string };

/** How an incident stands, with its report in Markdown: one line of `figures.report` each. Throws `InputInvalid`. */
export const describeIncident =
  (ports: Ports) =>
  async ({ incidentId }: { incidentId: IncidentId }): Promise<Answer> => {
    const { incident, closed } = await readIncident(ports, incidentId);
    const report = await reportOf(ports, incident, closed);
    const { source, what, holdId } = incident;
    return {
      verdict: `${incidentId} is ${closed ? "closed" : "open"}: ${source} ${what}, ${incident.impact}`,
      figures: { report: report.split("\n") },
      next: closed
        ? `Its points are held until somebody releases them: ${invoke(ports.stage, "release-hold", { holdId, requestedBy: "your name", why: `${incidentId} is closed` })}`
        : await nextOf(ports, incidentId),
    };
  };

/** The next step that nobody has ticked, and how it ends. */
async function nextOf(ports: Ports, incidentId: IncidentId): Promise<string> {
  const { stage } = ports;
  const [step] = stepsLeft(await readSteps(ports, incidentId));
  const requestedBy = "your name";
  return [
    ...(step ? [`A step that is done: ${invoke(stage, "tick-step", { incidentId, step, requestedBy })}`] : []),
    `When it is over: ${invoke(stage, "close-incident", { incidentId, requestedBy, rootCause: "…", actions: ["…"] })}`,
  ].join("\n");
}

/** Alarms of its source and of the repository, restores of its source, and its steps, from the suspected begin to its end. */
export async function reportOf(ports: Ports, incident: Incident, closed: IncidentClosed | undefined): Promise<string> {
  const { source, suspectedSince, openedAt } = incident;
  const from = new Date(suspectedSince).toISOString();
  const to = closed?.closedAt ?? ports.clock().toISOString();
  const isIts = (one: { source: string }) => [one.source, REPOSITORY].includes(source);
  const records = (await readAlarmLogs(ports)).filter((one) => isIts(one) || one.source === REPOSITORY);
  const restores = (await readAllEvidence(ports))
    .filter((one) => isIts(one) && one.startedAt >= openedAt && one.startedAt <= to)
    .toReversed();
  const events: Event[] = [
    ...records.map(({ at, code, what, source: of }) => ({ at, what: `alarm ${code} of ${of}: ${what}` })),
    ...restores.flatMap(({ startedAt, finishedAt, restoreId, target }) => [
      { at: startedAt, what: `restore ${restoreId} into ${target} begun` },
      { at: finishedAt, what: `restore ${restoreId} finished: ${target} holds the point` },
    ]),
  ].filter(({ at }) => at >= from && at <= to);
  const done = await readSteps(ports, incident.incidentId);
  return incidentReport({ incident, closed, done, events, restores, objective: ports.plan.objectives[source] });
}

type Opened = Extract<Happening, { type: "IncidentOpened" }>["detail"];

/** What people are told when there is one. */
export function describeOpened(detail: Opened): Announcement {
  const { stage, incidentId, source, what, suspectedSince, summary, holdId, by } = detail;
  const command =
    source === REPOSITORY
      ? invoke(stage, "describe-incident", { incidentId })
      : invoke(stage, "what-now", { what, source, since: suspectedSince });
  return {
    severity: "warning",
    code: "IncidentOpened",
    title: `${incidentId} is open: ${source} ${what}`,
    happened: [`Opened by ${by}: ${summary}.`, `Suspected since ${suspectedSince}.`],
    intact: `every verified point; those up to ${suspectedSince} are held by ${holdId}: nothing of them expires or is deleted.`,
    next: { say: "who is called, what can be restored, and how:", command },
    figures: [{ label: "report", value: invoke(stage, "describe-incident", { incidentId }) }],
  };
}
