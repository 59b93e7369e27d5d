import { AlreadyCommitted } from "#domain/errors.ts";
import { HoldId } from "#domain/hold.ts";
import { type Incident, incidentIdOf } from "#domain/incident.ts";
import { optionsOf, type Plan } from "#domain/plan.ts";
import type { IncidentByHand } from "#events/by-hand.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { Audit } from "./audit-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { hold } from "./hold.ts";
import type { OpenCopy } from "./open-copy.ts";
import { invoke } from "./restore-commands.ts";
import { createSigned } from "./signed-objects.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & {
  openCopy: OpenCopy;
  signer: Signer;
  audit: Audit;
  plan: Plan;
  clock: Clock;
  stage: string;
};
const A_DAY_AT_MOST = 999;

/** Holds the points from before the suspected begin first; then the incident has the day's next number. Throws `InputInvalid`. */
export const openIncident =
  (ports: Ports) =>
  async ({ requestedBy, ...reported }: IncidentByHand, callId: string): Promise<Answer> => {
    const { plan, stage, clock } = ports;
    const { source, what, suspectedSince } = reported;
    optionsOf(plan, source); // or there is no such source
    const why = `incident: ${reported.summary}`.slice(0, 500);
    const held = await hold(ports)({ source, to: suspectedSince, why, requestedBy }, callId);
    const holdId = HoldId.parse(held.figures["holdId"]);
    const who = { claimed: requestedBy, call: callId };
    const incident = await write(ports, { schema: 1, ...reported, holdId, who, openedAt: clock().toISOString() });
    const { incidentId } = incident;
    return {
      verdict: `${incidentId} is open: ${source} ${what}. Its points up to ${suspectedSince} are held by ${holdId}`,
      figures: { ...incident },
      next: [
        invoke(stage, "what-now", { what, source, since: suspectedSince }),
        `The report, at any time: ${invoke(stage, "describe-incident", { incidentId })}`,
      ].join("\n"),
    };
  };

/** The first number of the day that nobody has. */
async function write(ports: Ports, incident: Omit<Incident, "incidentId">): Promise<Incident> {
  for (let number = 1; number <= A_DAY_AT_MOST; number++) {
    const incidentId = incidentIdOf(new Date(incident.openedAt), number);
    const whole: Incident = { ...incident, incidentId };
    const key = ports.layout.incident(incidentId);
    if (await ports.repository.head(key)) continue;
    const body = `${JSON.stringify(whole, null, 2)}\n`;
    if ((await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), body)) === "created")
      return whole;
  }
  throw new AlreadyCommitted(`Today has ${A_DAY_AT_MOST} incidents already`);
}
