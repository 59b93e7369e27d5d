import { type StepDone, stepsLeft } from "#domain/checklist.ts";
import { InputInvalid } from "#domain/errors.ts";
import type { StepByHand } from "#events/by-hand.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readIncident, readSteps } from "./read-incidents.ts";
import { invoke } from "./restore-commands.ts";
import { createSigned } from "./signed-objects.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & { clock: Clock; stage: string; signer: Signer };

/** A step of the checklist is done. Who ticks it first has ticked it; nothing takes that back. Throws `InputInvalid`. */
export const tickStep =
  (ports: Ports) =>
  async ({ incidentId, step, note, requestedBy }: StepByHand, callId: string): Promise<Answer> => {
    const { layout, clock, stage } = ports;
    const { closed } = await readIncident(ports, incidentId);
    if (closed) throw new InputInvalid(`incidentId: ${incidentId} was closed at ${closed.closedAt}`);
    const done: StepDone = {
      ...{ schema: 1, incidentId, step, ...(note === undefined ? {} : { note }) },
      ...{ who: { claimed: requestedBy, call: callId }, doneAt: clock().toISOString() },
    };
    const key = layout.incidentStep(incidentId, step);
    const body = `${JSON.stringify(done, null, 2)}\n`;
    const written = await createSigned(ports, key, (hash) => layout.proofSignature(key, hash), body);
    const all = await readSteps(ports, incidentId);
    const left = stepsLeft(all);
    const first = all.find((one) => one.step === step);
    return {
      verdict:
        written === "differs" && first
          ? `${step} was done already, by ${first.who.claimed} at ${first.doneAt}`
          : `${step} of ${incidentId} is done; ${left.length} steps are left`,
      figures: { left, done: all },
      next: invoke(stage, "describe-incident", { incidentId }),
    };
  };
