import type { Announcement } from "#domain/announcement.ts";
import { describeMs } from "#domain/progress.ts";
import type { Happening } from "#events/happenings.ts";
import { decideCommands } from "./restore-commands.ts";

type Requested = Extract<Happening, { type: "ApprovalRequested" }>["detail"];

/** A restore waits for a second person: who asks, what would come where, and what would be lost by it. */
export function describeAsked(detail: Requested): Announcement {
  const { stage, restoreId, source, target, isLive, backupId, from, recoveredTo, askedAt, until } = detail;
  const age = describeMs(Date.parse(askedAt) - Date.parse(recoveredTo));
  return {
    severity: "warning",
    code: "ApprovalRequested",
    title: `${detail.requestedBy.claimed} wants to restore ${source} into ${target}${isLive ? ", which is live" : ""}: a second person has to approve it`,
    happened: [
      `${target} would become what ${source} was at ${recoveredTo}, ${age} before this was asked: what came since is replaced.`,
      `It holds now: ${detail.holds.join(", ") || "nothing"}.`,
      detail.safety === "before"
        ? "What it holds is captured first, after the approval."
        : `It is not captured first, because: ${detail.because}`,
      `Without an approval by ${until} it fails.`,
    ],
    intact: `${target}, which nothing has touched, and every point.`,
    next: {
      say: "if you are not who asks, and have spoken with them, one of:",
      command: decideCommands(stage, { restoreId, target }),
    },
    figures: [
      { label: "restore", value: restoreId },
      { label: "point", value: from === null ? backupId : `${backupId}, from the copy ${from}` },
      { label: "until", value: until },
    ],
  };
}
