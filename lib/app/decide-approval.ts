import { z } from "zod";
import { type ApprovalDecision, type ApprovalRequest, isSamePerson } from "#domain/approval.ts";
import { inShort } from "#domain/asked.ts";
import { ApprovalInvalid, InputInvalid } from "#domain/errors.ts";
import type { RequestId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { Audit } from "./audit-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { highestNumber } from "./highest-number.ts";
import { readApproval } from "./read-approval.ts";
import { createSigned } from "./signed-objects.ts";

export type DecisionPorts = CatalogPorts & { signer: Signer; audit: Audit; clock: Clock; stage: string };
type Decision = {
  requestId: RequestId;
  /** The target's name once more. */
  confirm: string;
  decision: ApprovalDecision["decision"];
  who: { claimed: string; call: string };
  because: string | null;
};
const Kept = z.strictObject({ token: z.string() });

/**
 * Writes down one person's word on what waits for it, and hands it to the machine by `deliver`, which says whether anything
 * waited for it. Only one word is ever written; the same call again delivers it again, should it not have arrived. Throws
 * `InputInvalid` or `ApprovalInvalid`, and nothing goes on.
 */
export async function decideApproval(
  ports: DecisionPorts,
  { requestId, confirm, decision, who, because }: Decision,
  deliver: (token: string, request: ApprovalRequest) => Promise<boolean>,
): Promise<ApprovalRequest> {
  const known = await readApproval(ports, requestId);
  if (!known) throw new InputInvalid(`requestId: ${requestId} waits for nobody: there is no such request`);
  const { request, requestSha256 } = known;
  const { target, until } = request;
  if (confirm !== target) throw new InputInvalid(`confirm: ${requestId} is about ${target}: confirm with "${target}"`);
  if (decision === "approved" && isSamePerson(who.claimed, request.requestedBy.claimed))
    throw new ApprovalInvalid(`${who.claimed} has asked for ${requestId}, and can't be the second person`);
  const now = ports.clock().toISOString();
  if (!known.decision && now > until)
    throw new ApprovalInvalid(`${requestId} waited until ${until} only, and has failed: start it again`);
  const mine: ApprovalDecision = { schema: 1, requestId, decision, requestSha256, who, because, decidedAt: now };
  const stands = known.decision ?? (await write(ports, mine));
  if (stands.decision !== decision || stands.who.claimed !== who.claimed) throw decidedBy(stands);
  const record = () =>
    ports.audit({
      who,
      what: decision === "approved" ? "approve" : "refuse",
      to: inShort(request),
      because: because ?? "",
      outcome: `${decision} at ${stands.decidedAt}`,
    });
  if (!known.decision) await record();
  if ("rollbackId" in request) return request; // no machine waits: whoever has asked calls again
  const token = await newestToken(ports, requestId);
  if (token === undefined || !(await deliver(token, request))) throw decidedBy(stands);
  if (known.decision) await record(); // the call that wrote it down did not come so far
  return request;
}

const decidedBy = ({ requestId, decision, who, decidedAt }: ApprovalDecision) =>
  new ApprovalInvalid(
    `${requestId} was ${decision} by ${who.claimed} at ${decidedAt}, and waits no more: one word is good for one request, once`,
  );

/** The first word stands. */
async function write(ports: DecisionPorts, mine: ApprovalDecision): Promise<ApprovalDecision> {
  const key = ports.layout.approvalDecided(mine.requestId);
  const body = `${JSON.stringify(mine, null, 2)}\n`;
  if ((await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), body)) !== "differs")
    return mine;
  const there = (await readApproval(ports, mine.requestId))?.decision;
  if (!there) throw new ApprovalInvalid(`${key} can't be read`);
  return there;
}

/** What makes the machine go on; undefined where it asked nobody. */
export async function newestToken(
  { repository, layout }: Pick<CatalogPorts, "repository" | "layout">,
  requestId: RequestId,
): Promise<string | undefined> {
  const attempt = await highestNumber(repository, layout.approvalTokens(requestId));
  if (attempt === undefined) return undefined;
  const key = layout.approvalToken(requestId, attempt);
  const bytes = await repository.read(key);
  return bytes && parseJson(bytes, Kept, key).token;
}
