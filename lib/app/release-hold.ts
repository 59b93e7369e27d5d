import { InputInvalid } from "#domain/errors.ts";
import type { HoldRelease } from "#domain/hold.ts";
import type { ReleaseByHand } from "#events/by-hand.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { Audit } from "./audit-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { findHold, readHolds } from "./read-holds.ts";
import { createSigned } from "./signed-objects.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & { signer: Signer; audit: Audit; clock: Clock; stage: string };

/** Ends a hold by an object of its own: what was held, by whom and why stays on record. */
export const releaseHold =
  (ports: Ports) =>
  async ({ holdId, requestedBy, why }: ReleaseByHand, callId: string): Promise<Answer> => {
    const held = await findHold(ports, holdId);
    const active = await readHolds(ports);
    if (!held)
      throw new InputInvalid(
        `holdId: there is no hold ${holdId}; active are ${active.map((one) => one.holdId).join(", ") || "none"}`,
      );
    const next = `What the next sweep would let go of: npx sls invoke --stage ${ports.stage} -f plan-retention -d '{}'`;
    const left = active.filter((one) => one.holdId !== holdId).map((one) => one.holdId);
    if (left.length === active.length)
      return { verdict: `${holdId} was released already`, figures: { hold: held, stillActive: left }, next };
    const who = { claimed: requestedBy, call: callId };
    const release: HoldRelease = { schema: 1, holdId, why, who, releasedAt: ports.clock().toISOString() };
    const key = ports.layout.holdRelease(holdId);
    const body = `${JSON.stringify(release, null, 2)}\n`;
    await ports.audit({
      who,
      what: "release hold",
      to: holdId,
      because: why,
      outcome: `was held because: ${held.why}`,
    });
    await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), body);
    return { verdict: `${holdId} is released`, figures: { hold: held, release, stillActive: left }, next };
  };
