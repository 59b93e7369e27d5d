import { z } from "zod";
import type { RestoreId } from "./ids.ts";

/** How loud: there is one SNS topic for each. */
export const Severity = z.enum(["info", "warning", "critical"]);
export type Severity = z.infer<typeof Severity>;

/** What people are told: what happened to what, what is intact, what to do next. Channels only lay it out. */
export type Announcement = {
  severity: Severity;
  /** Stable, and the name of its runbook: `BackupFailed`. */
  code: string;
  title: string;
  /** What happened, a line each. */
  happened: string[];
  intact: string;
  next: { say: string; command?: string };
  figures: { label: string; value: string }[];
  /** The restore that it is about: its messages belong together. */
  restore?: { restoreId: RestoreId; is: "begun" | "under way" | "ended" };
  /** The alarms of this code that it is about: one per source, open or ended. */
  alarm?: { sources: string[]; isOpen: boolean; severity: Severity };
  /** The one channel that it is for, whatever the plan's routes say. */
  only?: string;
};

/** The same words for channels that take plain text. */
export function asText({ title, happened, intact, next, figures }: Announcement): string {
  return [
    title,
    "",
    ...happened,
    "",
    `Intact: ${intact}`,
    `Next: ${next.say}`,
    ...(next.command === undefined ? [] : [`  ${next.command}`]),
    "",
    ...figures.map(({ label, value }) => `${label}: ${value}`),
  ].join("\n");
}
