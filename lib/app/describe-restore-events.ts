import prettyBytes from "pretty-bytes";
import type { Announcement } from "#domain/announcement.ts";
import type { Cancelled } from "#domain/evidence.ts";
import type { RestoreId } from "#domain/ids.ts";
import { describeMs, describePhase, type Progress } from "#domain/progress.ts";
import { cancelCommand, describeCommand } from "./restore-commands.ts";

/** Who wants what, as far as it is known. */
type Asked = { restoreId: RestoreId; source: string; target: string; stage: string };

/** A restore has begun: who wants it, and how to stop it. */
export const describeBegun = (asked: Asked & { requestedBy: string | undefined }): Announcement => ({
  severity: "info",
  code: "RestoreStarted",
  title: `A restore of ${asked.source} into ${asked.target} has begun`,
  happened: [`Asked for by ${asked.requestedBy ?? "somebody who gave no name"}.`],
  intact: `${asked.target}, which is as it was until everything is loaded and compared.`,
  next: { say: "to see how far it is, and to stop it:", command: commandsOf(asked) },
  figures: [{ label: "restore", value: asked.restoreId }],
  restore: { restoreId: asked.restoreId, is: "begun" },
});

/** How far it is. Takes the place of the message that told of its begin, where a channel can do that. */
export const describeFar = (asked: Asked & { backupId: string }, progress: Progress): Announcement => ({
  severity: "info",
  code: "RestoreProgressed",
  title: `Restoring ${asked.source} into ${asked.target}: ${describePhase(progress)}`,
  happened: [progress.percent === null ? `${progress.phase} …` : `${bar(progress.percent)} ${progress.percent} %`],
  intact:
    progress.phase === "swap"
      ? "the old state is being replaced, and is in the safety point or kept beside."
      : `${asked.target}, which is as it was until the swap.`,
  next:
    progress.phase === "swap"
      ? { say: "wait: the swap can't be stopped any more.", command: describeCommand(asked.stage, asked.restoreId) }
      : { say: "to see how far it is, and to stop it:", command: commandsOf(asked) },
  figures: [
    { label: "restore", value: asked.restoreId },
    { label: "point", value: asked.backupId },
    { label: "read", value: `${prettyBytes(progress.bytes)} of ${prettyBytes(progress.totalBytes)}` },
    ...(progress.loadedAt === null
      ? []
      : [
          { label: "loaded at about", value: `${progress.loadedAt} (in ${msBetween(progress.at, progress.loadedAt)})` },
        ]),
  ],
  restore: { restoreId: asked.restoreId, is: "under way" },
});

/** Somebody has ended it: nothing failed. */
export const describeCancelled = ({ restoreId, source, target, ...cancelled }: Cancelled): Announcement => ({
  severity: "warning",
  code: "RestoreCancelled",
  title: `The restore of ${source} into ${target} was cancelled`,
  happened: [`By ${cancelled.requestedBy.claimed ?? "somebody who gave no name"}, because: ${cancelled.because}`],
  intact: `${target}, which is as it was, and every point.`,
  next: { say: "nothing." },
  figures: [
    { label: "restore", value: restoreId },
    { label: "it was at", value: cancelled.at },
  ],
  restore: { restoreId, is: "ended" },
});

const commandsOf = ({ stage, restoreId }: Asked) =>
  `${describeCommand(stage, restoreId)}\n${cancelCommand(stage, restoreId)}`;

const BAR_WIDTH = 20;
const bar = (percent: number) => {
  const full = Math.floor((percent * BAR_WIDTH) / 100);
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)}`;
};

const msBetween = (from: string, to: string) => describeMs(Date.parse(to) - Date.parse(from));
