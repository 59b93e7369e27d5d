import { REPOSITORY } from "#domain/copies.ts";
import { describeError, InputInvalid } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { type Hold, newHoldId } from "#domain/hold.ts";
import type { Plan } from "#domain/plan.ts";
import { sweptPlaces } from "#domain/retention-rules.ts";
import type { HoldByHand } from "#events/by-hand.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { Audit } from "./audit-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { keepAgain } from "./keep-again.ts";
import type { OpenCopy } from "./open-copy.ts";
import { createSigned } from "./signed-objects.ts";
import type { Answer } from "./start-backup.ts";
import { sweptPlace } from "./swept-place.ts";

export type HoldPorts = CatalogPorts & {
  openCopy: OpenCopy;
  signer: Signer;
  audit: Audit;
  plan: Plan;
  clock: Clock;
  stage: string;
};

/**
 * From now on nothing of this expires or is deleted; what has expired and is not deleted comes back. Throws `InputInvalid` for
 * what would hold nothing, since nobody would notice.
 */
export const hold =
  (ports: HoldPorts) =>
  async ({ requestedBy, why, until, ...scope }: HoldByHand, callId: string): Promise<Answer> => {
    const now = ports.clock();
    await refuseEmptyHold(ports, { ...scope, until }, now);
    const holdId = newHoldId(sha256(callId).slice(0, 4), now);
    const who = { claimed: requestedBy, call: callId };
    const held: Hold = { schema: 1, holdId, scope, why, who, heldAt: now.toISOString(), until: until ?? null };
    const key = ports.layout.hold(holdId);
    const body = `${JSON.stringify(held, null, 2)}\n`;
    await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), body); // from here on it holds
    await ports.audit({ who, what: "hold", to: holdId, because: why, outcome: JSON.stringify(scope) });
    const { keptAgain, problems } = await keepAgainEverywhere(ports, held);
    for (const to of keptAgain)
      await ports.audit({
        who,
        what: "keep again",
        to,
        because: `held by ${holdId}: ${why}`,
        outcome: "offered again",
      });
    return {
      verdict: `${describeScope(scope)} is held by ${holdId}${until === undefined ? "" : ` until ${until}`}: nothing of it expires or is deleted`,
      figures: { ...held, keptAgain, ...(problems.length > 0 ? { problems } : {}) },
      next: `To see what is held: npx sls invoke --stage ${ports.stage} -f plan-retention -d '{}'. To end it: npx sls invoke --stage ${ports.stage} -f release-hold -d '${JSON.stringify({ holdId, requestedBy, why: "…" })}'`,
    };
  };

/** A region that can't be reached now does not undo the hold: no sweep there deletes what is held, and the next one takes it back. */
async function keepAgainEverywhere(ports: HoldPorts, held: Hold) {
  const keptAgain: string[] = [];
  const problems: string[] = [];
  for (const where of sweptPlaces(ports.plan)) {
    try {
      keptAgain.push(...(await keepAgain(sweptPlace(ports, where), held)));
    } catch (error) {
      if (where === REPOSITORY) throw error;
      problems.push(`${where}: what has expired there comes back with its next sweep: ${describeError(error).message}`);
    }
  }
  return { keptAgain, problems };
}

async function refuseEmptyHold(
  { repository, layout, plan }: HoldPorts,
  { source, backupId, from, to, until }: Omit<HoldByHand, "why" | "requestedBy">,
  now: Date,
) {
  const names = [...Object.keys(plan.sources), ...Object.keys(plan.targets)];
  const problems = [
    ...(source !== undefined && !names.includes(source)
      ? [`source: there is no source "${source}"; the plan has ${names.join(", ")}`]
      : []),
    ...(backupId !== undefined && !(await repository.head(layout.manifest(backupId)))
      ? [`backupId: there is no backup ${backupId}`]
      : []),
    ...(from !== undefined && to !== undefined && Date.parse(from) > Date.parse(to) ? ["to: is before from"] : []),
    ...(until !== undefined && Date.parse(until) <= now.getTime() ? [`until: ${until} is past`] : []),
  ];
  if (problems.length > 0) throw new InputInvalid(`Nothing is held:\n${problems.join("\n")}`);
}

function describeScope({ source, backupId, from, to }: Hold["scope"]): string {
  const range = [...(from === undefined ? [] : [`from ${from}`]), ...(to === undefined ? [] : [`to ${to}`])].join(" ");
  return [source ?? "Every source", backupId ?? "", range].filter((part) => part !== "").join(", ");
}
