import { InputInvalid } from "#domain/errors.ts";
import type { IncidentClosed } from "#domain/incident.ts";
import type { Plan } from "#domain/plan.ts";
import type { IncidentEndByHand } from "#events/by-hand.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { reportOf } from "./describe-incident.ts";
import { readIncident } from "./read-incidents.ts";
import { invoke } from "./restore-commands.ts";
import { createSigned } from "./signed-objects.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & { plan: Plan; clock: Clock; stage: string; signer: Signer };

/** Writes down what came of it, and the report as it is then. What it holds stays held. Throws `InputInvalid`. */
export const closeIncident =
  (ports: Ports) =>
  async ({ incidentId, requestedBy, ...conclusion }: IncidentEndByHand, callId: string): Promise<Answer> => {
    const { layout, repository, clock, stage } = ports;
    const { incident, closed: before } = await readIncident(ports, incidentId);
    if (before) throw new InputInvalid(`incidentId: ${incidentId} was closed at ${before.closedAt}`);
    const who = { claimed: requestedBy, call: callId };
    const closed: IncidentClosed = { schema: 1, incidentId, ...conclusion, who, closedAt: clock().toISOString() };
    const key = layout.incidentClosed(incidentId);
    const body = `${JSON.stringify(closed, null, 2)}\n`;
    const written = await createSigned(ports, key, (hash) => layout.proofSignature(key, hash), body);
    if (written === "differs") throw new InputInvalid(`incidentId: somebody else has closed ${incidentId} just now`);
    const report = await reportOf(ports, incident, closed);
    await repository.create(layout.incidentReport(incidentId), report);
    return {
      verdict: `${incidentId} is closed; its report is ${layout.incidentReport(incidentId)}`,
      figures: { report: report.split("\n") },
      next: `Its points are held until somebody releases them: ${invoke(stage, "release-hold", { holdId: incident.holdId, requestedBy: "your name", why: `${incidentId} is closed` })}`,
    };
  };
