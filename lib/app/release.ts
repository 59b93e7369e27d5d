import { InputInvalid } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { stampedId } from "#domain/ids.ts";
import type { ReleasedProof } from "#domain/proof.ts";
import type { JudgementByHand } from "#events/by-hand.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { Audit } from "./audit-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { endSuspicion } from "./end-suspicion.ts";
import { findPoint } from "./open-point.ts";
import { readProofs } from "./read-proofs.ts";
import type { Answer } from "./start-backup.ts";
import { writeProof } from "./write-proof.ts";

type Ports = CatalogPorts & { signer: Signer; audit: Audit; events: Events; clock: Clock; stage: string };

/**
 * A person has looked: what was said against this point up to now no longer counts. What was verified is good again, and for a
 * suspicious point what it is like is usual from then on; what was quarantined before anything had verified it is as unproven
 * as before. Throws `InputInvalid` for a point that nothing holds back, `NoSuchPoint`.
 */
export const release =
  (ports: Ports) =>
  async ({ source, backupId, why, requestedBy }: JudgementByHand, callId: string): Promise<Answer> => {
    const at = { backupId, source };
    const held = await findPoint(ports, backupId, source);
    const { quarantines, suspicions } = await readProofs(ports, backupId, source);
    const against = [...quarantines, ...suspicions];
    if (against.length === 0 || held.proof === "pruned")
      throw new InputInvalid(`backupId: nothing holds ${source} in ${backupId} back: it is ${held.proof}`);
    const now = ports.clock();
    const who = { claimed: requestedBy, call: callId };
    const releases = against.map(({ name }) => name);
    const proof: ReleasedProof = { schema: 1, ...at, releases, why, who, releasedAt: now.toISOString() };
    const outcome = `no longer counts: ${against.flatMap(({ reasons }) => reasons).join("; ")}`;
    await ports.audit({ who, what: "release", to: `${backupId} ${source}`, because: why, outcome });
    await writeProof(ports, at, "released", stampedId(sha256(callId).slice(0, 4), now), proof); // from here on it is free
    const point = await findPoint(ports, backupId, source);
    const { newerSuspicious } = await endSuspicion(ports, at, `Released by ${requestedBy}, because ${why}`);
    if (point.proof === "verified") {
      const { recoveredTo, component, verifiedAt } = point;
      const times = { recoveredTo: recoveredTo.toISOString(), verifiedAt: verifiedAt.toISOString() };
      const detail = { stage: ports.stage, ...at, ...times, bytes: component.size };
      await ports.events.emit({ type: "PointVerified", detail });
    }
    return {
      verdict: `${source} in ${backupId} is released: it is ${point.proof}${point.proof === "committed" ? ", and has to be read back anew" : ""}`,
      figures: {
        was: held.proof,
        is: point.proof,
        stillSuspicious: newerSuspicious.map((one) => one.backupId),
        release: proof,
      },
      next:
        point.proof === "committed"
          ? `Start the machine holdfast-${ports.stage}-verify with ${JSON.stringify({ backupId })}; the command is in docs/runbooks/VerifyFailed.md`
          : `To see what is latest now: npx sls invoke --stage ${ports.stage} -f list-points -d '{"source":"${source}"}'`,
    };
  };
