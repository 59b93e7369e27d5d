import type { RestoreId } from "./ids.ts";

/** How loud: there is one SNS topic for each. */
export type Severity = "info" | "warning" | "critical";

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
