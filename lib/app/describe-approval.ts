import type { Announcement } from "#domain/announcement.ts";
import type { ApprovalAsked } from "#domain/approval.ts";
import { type AskedDrop, type AskedRestore, type AskedRollback, requestIdOf } from "#domain/asked.ts";
import { describeMs } from "#domain/progress.ts";
import { decideCommands } from "./restore-commands.ts";

const MOST_KEPT = 6;

/** Something waits for a second person: who asks, what would be done, and what would be lost by it. */
export function describeAsked(detail: ApprovalAsked): Announcement {
  const { stage, target, until } = detail;
  const requestId = requestIdOf(detail);
  const { title, happened, intact, figures } = wordsOf(detail);
  return {
    severity: "warning",
    code: "ApprovalRequested",
    title: `${detail.requestedBy.claimed} wants to ${title}: a second person has to approve it`,
    happened: [
      ...happened,
      `Without an approval by ${until} ${"rollbackId" in detail ? "nothing comes of it" : "it fails"}.`,
    ],
    intact,
    next: {
      say: "if you are not who asks, and have spoken with them, one of:",
      command: decideCommands(stage, { requestId, target }),
    },
    figures: [...figures, { label: "until", value: until }],
  };
}

function wordsOf(detail: ApprovalAsked) {
  if ("dropId" in detail) return ofDrop(detail);
  return "rollbackId" in detail ? ofRollback(detail) : ofRestore(detail);
}

type Told<T> = Omit<T, "boundTo"> & { askedAt: string };

function ofRestore(detail: Told<AskedRestore>) {
  const { restoreId, source, target, isLive, backupId, from, recoveredTo, askedAt } = detail;
  const age = describeMs(Date.parse(askedAt) - Date.parse(recoveredTo));
  return {
    title: `restore ${source} into ${target}${isLive ? ", which is live" : ""}`,
    happened: [
      `${target} would become what ${source} was at ${recoveredTo}, ${age} before this was asked: what came since is replaced.`,
      `It holds now: ${detail.holds.join(", ") || "nothing"}.`,
      detail.safety === "before"
        ? "What it holds is captured first, after the approval."
        : `It is not captured first, because: ${detail.because}`,
    ],
    intact: `${target}, which nothing has touched, and every point.`,
    figures: [
      { label: "restore", value: restoreId },
      { label: "point", value: from === null ? backupId : `${backupId}, from the copy ${from}` },
    ],
  };
}

function ofRollback({ rollbackId, restoreId, target, isLive, since, what, because, askedAt }: Told<AskedRollback>) {
  const age = describeMs(Date.parse(askedAt) - Date.parse(since));
  return {
    title: `roll ${target}${isLive ? ", which is live," : ""} back to what it was before ${restoreId}`,
    happened: [
      `Put back is: ${what}. What came into ${target} in the ${age} since the restore is taken away, and kept beside.`,
      `Because: ${because ?? "no reason was given"}.`,
    ],
    intact: `${target}, which nothing has touched, and every point.`,
    figures: [{ label: "rollback", value: rollbackId }],
  };
}

function ofDrop({ dropId, target, inPlan, kept, because }: Told<AskedDrop>) {
  return {
    title: `drop what restores have kept in ${target}, sooner than the plan does`,
    happened: [
      ...linesOf(kept),
      `The plan keeps it ${inPlan === "forever" ? inPlan : `for ${inPlan}`}; without it rollback-restore can put nothing back.`,
      `Because: ${because ?? "no reason was given"}.`,
    ],
    intact: `everything: nothing was dropped, and ${target} itself is not touched by it.`,
    figures: [{ label: "drop", value: dropId }],
  };
}

/** What would go, a line each. */
export function linesOf(kept: AskedDrop["kept"]): string[] {
  const lines = kept.map(({ restoreId, since, what }) => `${what}, since ${since} (${restoreId}).`);
  const more = lines.length - MOST_KEPT;
  return more > 0 ? [...lines.slice(0, MOST_KEPT), `And what ${more} more restores have kept.`] : lines;
}
