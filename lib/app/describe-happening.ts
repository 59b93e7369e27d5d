import prettyBytes from "pretty-bytes";
import type { Announcement } from "#domain/announcement.ts";
import { isSafety } from "#domain/ids.ts";
import type { Happening } from "#events/happenings.ts";
import { describeEscalated } from "./describe-alarm.ts";
import { describeAsked } from "./describe-approval.ts";
import { describeOpened } from "./describe-incident.ts";
import { describeThawing } from "./describe-thawing.ts";

const MOST_NOTES = 6;

const whenOfNoUse = (what: string, keptFor: string | undefined) =>
  keptFor === undefined || keptFor === "forever"
    ? `when you no longer need ${what}:`
    : `nothing: ${what} is dropped after ${keptFor}. When you no longer need it before:`;

/** What people are told of what went well, or of an alarm that was raised outside an execution. */
export function describeHappening({
  type,
  detail,
}: Exclude<Happening, { type: "AlarmRecovered" | "DigestDue" }>): Announcement {
  switch (type) {
    case "BackupCommitted": {
      const failed = Object.keys(detail.failed);
      return {
        severity: "info",
        code: type,
        title: `${isSafety(detail.backupId) ? "Safety point" : "Backup"} ${detail.backupId} is committed`,
        happened: [`Stored and signed: ${detail.sources.join(", ")}.`, ...failed.map((name) => `Not in it: ${name}.`)],
        intact: "every older point; this one is being read back before anything calls it good.",
        next: { say: "nothing; a message says when it is verified." },
        figures: [{ label: "stored", value: prettyBytes(detail.bytes) }],
      };
    }
    case "PointVerified":
      return {
        severity: "info",
        code: type,
        title: `${detail.source} is restorable to ${detail.recoveredTo}`,
        happened: [`Every byte of ${detail.backupId} was read back, decrypted and parsed to its end.`],
        intact: "this point and every older one.",
        next: {
          say: "nothing; to look at it:",
          command: `npx sls invoke --stage ${detail.stage} -f describe-point -d '${JSON.stringify({ backupId: detail.backupId, source: detail.source })}'`,
        },
        figures: [
          { label: "point", value: detail.backupId },
          { label: "stored", value: prettyBytes(detail.bytes) },
          { label: "verified at", value: detail.verifiedAt },
        ],
      };
    case "RestoreFinished":
      return {
        severity: "warning",
        code: type,
        title: `${detail.source} was restored into ${detail.target}, as it was at ${detail.recoveredTo}`,
        happened: [
          `${detail.factsCompared} facts of the capture were compared with what was restored: all are the same.`,
          ...detail.notes.slice(0, MOST_NOTES),
          ...(detail.notes.length > MOST_NOTES ? [`And more: notes in the evidence of ${detail.restoreId}.`] : []),
        ],
        intact:
          detail.kept.length > 0
            ? `the old state: ${detail.kept.map(({ what }) => what).join(", ")}.`
            : detail.safetyBackupId === null
              ? "every point; the target held nothing that was not holdfast's own, or no safety point was wanted."
              : `the safety point ${detail.safetyBackupId}, which holds the old state.`,
        next:
          detail.kept.length > 0
            ? {
                say: whenOfNoUse("the old state", detail.keptFor),
                command: detail.kept.map(({ drop }) => drop).join("\n"),
              }
            : { say: "let the application in and look at it." },
        figures: [
          { label: "restore", value: detail.restoreId },
          { label: "point", value: detail.backupId },
          { label: "took", value: `${detail.seconds.toFixed(1)} s` },
        ],
        restore: { restoreId: detail.restoreId, is: "ended" },
      };
    case "RestoreRolledBack":
      return {
        severity: "warning",
        code: type,
        title: `${detail.target} is again what it was before the restore ${detail.restoreId}`,
        happened: [`The old state that the restore of ${detail.source} had kept was put back in one step.`],
        intact: `every point, and what came into the restored state: ${detail.kept.map(({ what }) => what).join(", ") || "nothing was there"}.`,
        next:
          detail.kept.length > 0
            ? { say: "when nobody needs that any more:", command: detail.kept.map(({ drop }) => drop).join("\n") }
            : { say: "let the application in and look at it." },
        figures: [{ label: "restore", value: detail.restoreId }],
        restore: { restoreId: detail.restoreId, is: "ended" },
      };
    case "ThawRequested":
      return describeThawing(detail);
    case "ApprovalRequested":
      return describeAsked(detail);
    case "BackupRestored":
      return {
        severity: "warning",
        code: type,
        title: `${detail.backupId} was restored: all ${detail.restored.length} sources that were asked for`,
        happened: detail.restored.map(({ source, target }) => `${source} into ${target}.`),
        intact: "every point; the message of each restore says what it has kept of the old state.",
        next: { say: "let the applications in and look at them." },
        figures: [{ label: "backup", value: detail.backupId }],
      };
    case "CanarySent":
      return {
        severity: "warning",
        code: type,
        title: `Canary: alarms of ${detail.stage} arrive here`,
        happened: [`The plan's canary of ${detail.dueAt}. Nothing is wrong: an alarm would have come the same way.`],
        intact: "everything.",
        next: { say: "nothing. Whoever should have got it and has not: docs/runbooks/AlarmPathFailed.md." },
        figures: [],
      };
    case "IncidentOpened":
      return describeOpened(detail);
    case "AlarmEscalated":
      return describeEscalated(detail);
    case "AlarmRaised":
      return {
        severity: detail.severity ?? "critical",
        code: detail.code,
        title: `${detail.code}: ${detail.source}`,
        happened: detail.message.split("\n"),
        intact: "every point that is verified.",
        next: {
          say: detail.next.say,
          ...(detail.next.command === undefined ? {} : { command: detail.next.command }),
        },
        figures: [{ label: "runbook", value: `docs/runbooks/${detail.code}.md` }],
      };
  }
}
