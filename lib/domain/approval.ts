import { z } from "zod";
import { Sha256 } from "./artifact.ts";
import { AskedDrop, AskedRestore, AskedRollback, requestIdOf } from "./asked.ts";
import { durationMs, Wait } from "./duration.ts";
import { RequestId } from "./ids.ts";

/** A restore has to end before a point that it chose can be deleted, and what it has waited is not there for loading. */
const LONGEST_WAIT = "4h";

/** The plan's own words. */
export const Approval = z.strictObject({
  liveTargets: z
    .boolean()
    .optional()
    .describe(
      "Whether a restore into a live target waits for a second person. Without it: in a stage whose name begins with prod.",
    ),
  within: Wait.refine((wait) => durationMs(wait) > 0 && durationMs(wait) <= durationMs(LONGEST_WAIT), {
    message: `must be more than 0s and not more than ${LONGEST_WAIT}`,
  })
    .optional()
    .describe(`How long it waits; then it fails. At most ${LONGEST_WAIT}, and ${LONGEST_WAIT} without it.`),
});
export type Approval = z.infer<typeof Approval>;

type Guarded = { approval?: Approval; targets: Record<string, { live: boolean; approval?: boolean }> };

/** A target says it itself; of a live one the plan says it for all, and else the stage's name. */
export function waitsForApproval({ approval, targets }: Guarded, stage: string, target: string): boolean {
  const its = targets[target];
  return its?.approval ?? (its?.live === true && (approval?.liveTargets ?? stage.startsWith("prod")));
}

/** Who waits for a second person has to say who asks. Undefined where nothing is missing. */
export const whoAsksProblem = (
  plan: Guarded,
  stage: string,
  target: string,
  { requestedBy, breakGlass }: { requestedBy?: string | undefined; breakGlass?: object | undefined },
): string | undefined =>
  requestedBy === undefined && breakGlass === undefined && waitsForApproval(plan, stage, target)
    ? `requestedBy: a restore into ${target} waits for a second person, ${HAS_TO_BE_TOLD}`
    : undefined;
export const HAS_TO_BE_TOLD = "who has to be told who asks; nothing was touched";

export const approvalSeconds = ({ approval }: Pick<Guarded, "approval">): number =>
  durationMs(approval?.within ?? LONGEST_WAIT) / 1000;

const asking = {
  askedAt: z.iso.datetime(),
  /** Whoever decides later decides nothing. */
  until: z.iso.datetime(),
};
const stored = { schema: z.literal(1), ...asking };
/** `restores/<requestId>/approval-requested.json`, signed. */
export const ApprovalRequest = z.union([
  AskedRestore.extend(stored),
  AskedDrop.extend(stored),
  AskedRollback.extend(stored),
]);
export type ApprovalRequest = z.infer<typeof ApprovalRequest>;

const ofStage = { stage: z.string(), ...asking };
/** What everybody may read of it, in an event. */
export const ApprovalAsked = z.union([
  AskedRestore.omit({ boundTo: true }).extend(ofStage),
  AskedDrop.omit({ boundTo: true }).extend(ofStage),
  AskedRollback.omit({ boundTo: true }).extend(ofStage),
]);
export type ApprovalAsked = z.infer<typeof ApprovalAsked>;

/** `restores/<requestId>/approval-decided.json`, signed: written once, so there is one word, and the first one counts. */
export const ApprovalDecision = z.strictObject({
  schema: z.literal(1),
  requestId: RequestId,
  decision: z.enum(["approved", "refused"]),
  /** Of the bytes of the request. */
  requestSha256: Sha256,
  /** Nothing here proves who it was: IAM lets approvers in, and CloudTrail knows who came. */
  who: z.strictObject({ claimed: z.string(), call: z.string() }),
  because: z.string().nullable(),
  decidedAt: z.iso.datetime(),
});
export type ApprovalDecision = z.infer<typeof ApprovalDecision>;

/** A word that nobody has acted upon for so long is none any more: an execution that is driven on again later asks anew. */
const GOOD_FOR_MS = 3_600_000;

/** Why this decision lets nobody go on now; undefined where it does. */
export function whyNotApproved(
  request: ApprovalRequest,
  requestSha256: string,
  decision: ApprovalDecision | undefined,
  now: Date,
): string | undefined {
  if (!decision) return "nobody has approved it";
  const { who, because, decidedAt } = decision;
  if (decision.decision === "refused") return `it was refused by ${who.claimed}: ${because}`;
  if (decision.requestId !== requestIdOf(request) || decision.requestSha256 !== requestSha256)
    return "the approval is of something else";
  if (decidedAt > request.until) return `it was approved at ${decidedAt}, after its time was over (${request.until})`;
  if (now.getTime() - Date.parse(decidedAt) > GOOD_FOR_MS)
    return `it was approved at ${decidedAt}, and not used within an hour`;
  return undefined;
}

/** Whether two names that people have given are one: the asker can't be the second person. */
export const isSamePerson = (one: string, other: string) => asName(one) === asName(other);
const asName = (name: string) => name.normalize("NFKC").trim().toLowerCase().replaceAll(/\s+/g, " ");
