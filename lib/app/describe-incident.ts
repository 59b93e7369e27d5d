import type { z } from "zod";
import { InputInvalid } from "#domain/errors.ts";
import { type Event, Incident, IncidentClosed, type IncidentId, incidentReport } from "#domain/incident.ts";
import { parseJson } from "#domain/manifest.ts";
import type { Plan } from "#domain/plan.ts";
import type { Clock } from "#ports/log.ts";
import { readAlarmLogs } from "./alarm-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readAllEvidence } from "./read-evidence.ts";
import { invoke } from "./restore-commands.ts";
import { readSignedProof } from "./signed-objects.ts";
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
        : `When it is over: ${invoke(ports.stage, "close-incident", { incidentId, requestedBy: "your name", rootCause: "…", actions: ["…"] })}`,
    };
  };

/** Throws `InputInvalid` with the incidents that there are. */
export async function readIncident(ports: CatalogPorts, incidentId: IncidentId) {
  const { repository, layout } = ports;
  const incident = await read(ports, layout.incident(incidentId), Incident);
  if (incident) return { incident, closed: await read(ports, layout.incidentClosed(incidentId), IncidentClosed) };
  const there = await repository.folders(layout.incidents);
  throw new InputInvalid(`incidentId: there is no incident ${incidentId}; there are: ${there.join(", ") || "none"}`);
}

/** The alarms of its source and of the repository, and the restores of its source, from its suspected begin to its end. */
export async function reportOf(ports: Ports, incident: Incident, closed: IncidentClosed | undefined): Promise<string> {
  const { source, suspectedSince, openedAt } = incident;
  const from = new Date(suspectedSince).toISOString();
  const to = closed?.closedAt ?? ports.clock().toISOString();
  const records = (await readAlarmLogs(ports)).filter((one) => [source, "repository"].includes(one.source));
  const restores = (await readAllEvidence(ports))
    .filter((one) => one.source === source && one.startedAt >= openedAt && one.startedAt <= to)
    .toReversed();
  const events: Event[] = [
    ...records.map(({ at, code, what, source: of }) => ({ at, what: `alarm ${code} of ${of}: ${what}` })),
    ...restores.flatMap(({ startedAt, finishedAt, restoreId, target }) => [
      { at: startedAt, what: `restore ${restoreId} into ${target} begun` },
      { at: finishedAt, what: `restore ${restoreId} finished: ${target} holds the point` },
    ]),
  ].filter(({ at }) => at >= from && at <= to);
  return incidentReport({ incident, closed, events, restores, objective: ports.plan.objectives[source] });
}

async function read<T>(ports: CatalogPorts, key: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const bytes = await readSignedProof(ports, key);
  return bytes && parseJson(bytes, schema, key);
}
