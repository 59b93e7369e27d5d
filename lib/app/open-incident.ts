import { AlreadyCommitted, InputInvalid } from "#domain/errors.ts";
import { HoldId } from "#domain/hold.ts";
import { type Incident, incidentIdOf, openOf, REPOSITORY } from "#domain/incident.ts";
import { optionsOf } from "#domain/plan.ts";
import type { IncidentByHand } from "#events/by-hand.ts";
import type { Events } from "#ports/messaging.ts";
import { type HoldPorts, hold } from "./hold.ts";
import { findIncident, readIncidents } from "./read-incidents.ts";
import { releaseHold } from "./release-hold.ts";
import { invoke } from "./restore-commands.ts";
import { createSigned } from "./signed-objects.ts";
import type { Answer } from "./start-backup.ts";

/** It begins with a hold. */
type Ports = HoldPorts & { events: Events };
const A_DAY_AT_MOST = 999;

/** Opens an incident, and tells of it. Throws `InputInvalid`, also where the source has one that is open. */
export const openIncident =
  (ports: Ports) =>
  async (reported: IncidentByHand, callId: string): Promise<Answer> => {
    const { source, what, suspectedSince } = reported;
    if (source !== REPOSITORY) optionsOf(ports.plan, source); // or there is no such source
    const incident = await openOne(ports, reported, callId);
    const { incidentId, holdId } = incident;
    if (incident.who.call !== callId)
      throw new InputInvalid(
        `source: ${source} has an open incident, ${incidentId}, suspected since ${incident.suspectedSince}: what you have found belongs to it. Close it first if it does not`,
      );
    return {
      verdict: `${incidentId} is open: ${source} ${what}. Its points up to ${suspectedSince} are held by ${holdId}`,
      figures: { ...incident },
      next: [
        ...(source === REPOSITORY ? [] : [invoke(ports.stage, "what-now", { what, source, since: suspectedSince })]),
        `The report, at any time: ${invoke(ports.stage, "describe-incident", { incidentId })}`,
      ].join("\n"),
    };
  };

/**
 * The one incident of this source that is open: the one that there is, or a new one, for which the points from before the
 * suspected begin are held first. People are told of a new one, again by a retry of the same call.
 */
export async function openOne(
  ports: Ports,
  { requestedBy, ...reported }: IncidentByHand,
  callId: string,
): Promise<Incident> {
  const { source, suspectedSince } = reported;
  const before = openOf(await readIncidents(ports), source);
  if (before && before.who.call !== callId) return before;
  if (before) return tell(ports, before);
  const why = `incident: ${reported.summary}`.slice(0, 500);
  const scope = { ...(source === REPOSITORY ? {} : { source }), to: suspectedSince };
  const held = await hold(ports)({ ...scope, why, requestedBy }, callId);
  const holdId = HoldId.parse(held.figures["holdId"]);
  const who = { claimed: requestedBy, call: callId };
  const openedAt = ports.clock().toISOString();
  const incident = await write(ports, { schema: 1, ...reported, holdId, who, openedAt });
  if (incident.holdId === holdId) return tell(ports, incident);
  await releaseHold(ports)({ holdId, requestedBy, why: `${incident.incidentId} holds them` }, callId);
  return incident;
}

/**
 * The first number of the day that nobody has. Numbers have no gaps, so who gets one has seen all before it: of two who open an
 * incident of the same source at once, the second finds that of the first.
 */
async function write(ports: Ports, incident: Omit<Incident, "incidentId">): Promise<Incident> {
  for (let number = 1; number <= A_DAY_AT_MOST; number++) {
    const incidentId = incidentIdOf(new Date(incident.openedAt), number);
    const whole: Incident = { ...incident, incidentId };
    const key = ports.layout.incident(incidentId);
    const body = `${JSON.stringify(whole, null, 2)}\n`;
    const isFree = !(await ports.repository.head(key));
    if (
      isFree &&
      (await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), body)) === "created"
    )
      return whole;
    const there = await findIncident(ports, incidentId);
    const open = there && openOf([there], incident.source);
    if (open) return open;
  }
  throw new AlreadyCommitted(`Today has ${A_DAY_AT_MOST} incidents already`);
}

async function tell({ events, stage }: Ports, incident: Incident): Promise<Incident> {
  const { incidentId, source, what, suspectedSince, summary, holdId, who } = incident;
  const detail = { stage, incidentId, source, what, suspectedSince, summary, holdId, by: who.claimed };
  await events.emit({ type: "IncidentOpened", detail });
  return incident;
}
