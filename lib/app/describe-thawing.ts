import prettyBytes from "pretty-bytes";
import type { Announcement } from "#domain/announcement.ts";
import { describeMs } from "#domain/progress.ts";
import type { Happening } from "#events/happenings.ts";
import { cancelCommand, describeCommand } from "./restore-commands.ts";

type Requested = Extract<Happening, { type: "ThawRequested" }>["detail"];

/** A restore waits for S3: what lies where, and until when. */
export function describeThawing(detail: Requested): Announcement {
  const { stage, restoreId, source, target, backupId, from, requestedAt, expectedBy } = detail;
  const takes = describeMs(Date.parse(expectedBy) - Date.parse(requestedAt));
  const classes = detail.classes.join(" and ");
  return {
    severity: "warning",
    code: "ThawRequested",
    title: `The restore of ${source} into ${target} waits until its point is thawed: up to ${takes}`,
    happened: [
      `${backupId} lies in ${classes}${from === null ? "" : ` in the copy ${from}`}: S3 was asked for it (${detail.retrieval}), and takes up to ${takes} by what AWS says.`,
      "The restore goes on by itself as soon as it can be read.",
    ],
    intact: `${target}, which nothing has touched, and every point.`,
    next: {
      say: "to see how far it is, and to stop it:",
      command: `${describeCommand(stage, restoreId)}\n${cancelCommand(stage, restoreId)}`,
    },
    figures: [
      { label: "restore", value: restoreId },
      { label: "to be thawed", value: prettyBytes(detail.bytes) },
      { label: "expected by", value: expectedBy },
    ],
    restore: { restoreId, is: "under way" },
  };
}
