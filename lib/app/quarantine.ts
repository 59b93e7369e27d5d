import { InputInvalid } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { stampedId } from "#domain/ids.ts";
import type { QuarantineProof } from "#domain/proof.ts";
import type { JudgementByHand } from "#events/by-hand.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { Audit } from "./audit-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { endSuspicion } from "./end-suspicion.ts";
import { findPoint } from "./open-point.ts";
import type { Answer } from "./start-backup.ts";
import { writeProof } from "./write-proof.ts";

type Ports = CatalogPorts & { signer: Signer; audit: Audit; events: Events; clock: Clock; stage: string };

/**
 * A person has looked, and says that what this point holds is bad: no restore takes it any more, and its being suspicious no
 * longer freezes the retention of its source. `release` takes it back. Throws `InputInvalid`, `NoSuchPoint`.
 */
export const quarantine =
  (ports: Ports) =>
  async ({ source, backupId, why, requestedBy }: JudgementByHand, callId: string): Promise<Answer> => {
    const at = { backupId, source };
    const point = await findPoint(ports, backupId, source);
    if (point.proof === "quarantined" || point.proof === "pruned")
      throw new InputInvalid(`backupId: ${source} in ${backupId} is ${point.proof} already`);
    const now = ports.clock();
    const who = { claimed: requestedBy, call: callId };
    const quarantinedAt = now.toISOString();
    const proof: QuarantineProof = { schema: 1, ...at, quarantinedAt, reasons: [`${requestedBy} says: ${why}`] };
    await writeProof(ports, at, "quarantined", stampedId(sha256(callId).slice(0, 4), now), proof); // from here on it is refused
    await ports.audit({
      who,
      what: "quarantine",
      to: `${backupId} ${source}`,
      because: why,
      outcome: `was ${point.proof}`,
    });
    const { latest, newerSuspicious } = await endSuspicion(ports, at, `Quarantined by ${requestedBy}, because ${why}`);
    return {
      verdict: `${source} in ${backupId} is quarantined: no restore takes it. ${latest ? `latest is ${latest.backupId}, of ${latest.recoveredTo.toISOString()}` : `${source} has NO verified point`}`,
      figures: {
        was: point.proof,
        latest: latest?.backupId ?? null,
        stillSuspicious: newerSuspicious.map((one) => one.backupId),
        quarantine: proof,
      },
      next: `When the source is well again, back it up at once: npx sls invoke --stage ${ports.stage} -f check-plan -d '{}' names its backups for start-backup`,
    };
  };
