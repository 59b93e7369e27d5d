import { z } from "zod";
import { durationMs } from "./duration.ts";
import type { Evidence } from "./evidence.ts";
import { HoldId } from "./hold.ts";
import { Name } from "./ids.ts";
import { Disaster } from "./people.ts";
import { describeMs } from "./progress.ts";

/** `DR-2026-02-23-001`: the day in UTC, and a number. */
export const IncidentId = z
  .string()
  .regex(/^DR-\d{4}-\d{2}-\d{2}-\d{3}$/, "must look like DR-2026-02-23-001")
  .brand("IncidentId");
export type IncidentId = z.infer<typeof IncidentId>;
export const incidentIdOf = (at: Date, number: number) =>
  IncidentId.parse(`DR-${at.toISOString().slice(0, 10)}-${String(number).padStart(3, "0")}`);

const Who = z.strictObject({ claimed: z.string(), call: z.string() });
const line = z.string().min(3).max(1_000);

/** What somebody says who opens one. `suspectedSince`: from when on the data may be wrong. */
export const IncidentReported = z.strictObject({
  what: Disaster,
  source: Name,
  impact: z.enum(["Low", "Medium", "High", "Critical"]),
  suspectedSince: z.iso.datetime({ offset: true }),
  summary: line,
});
/** What is known at its end. */
export const IncidentConclusion = z.strictObject({
  rootCause: line,
  actions: z.array(line).min(1),
  lessons: z.array(line).default([]),
  followUps: z.array(line).default([]),
});

/** `incidents/<incidentId>/opened.json`, signed. */
export const Incident = z.strictObject({
  schema: z.literal(1),
  incidentId: IncidentId,
  ...IncidentReported.shape,
  /** Holds the points from before: nothing of them expires or is deleted. */
  holdId: HoldId,
  who: Who,
  openedAt: z.iso.datetime(),
});
export type Incident = z.infer<typeof Incident>;
/** `incidents/<incidentId>/closed.json`, signed. */
export const IncidentClosed = z.strictObject({
  schema: z.literal(1),
  incidentId: IncidentId,
  ...IncidentConclusion.shape,
  who: Who,
  closedAt: z.iso.datetime(),
});
export type IncidentClosed = z.infer<typeof IncidentClosed>;

/** Something that happened meanwhile: an alarm that was opened or ended, a restore that began or ended. */
export type Event = { at: string; what: string };
type Told = {
  incident: Incident;
  closed: IncidentClosed | undefined;
  events: readonly Event[];
  restores: readonly Evidence[];
  objective: { rpo: string; rto: string } | undefined;
};

/** The report (AP-21), as Markdown: from what is written down, nothing from memory. */
export function incidentReport({ incident, closed, events, restores, objective }: Told): string {
  const { incidentId, what, source, impact, suspectedSince, summary, who, openedAt, holdId } = incident;
  const timeline: Event[] = [
    { at: new Date(suspectedSince).toISOString(), what: "suspected begin" },
    { at: openedAt, what: `incident opened by ${who.claimed}` },
    ...events,
    ...(closed ? [{ at: closed.closedAt, what: `incident closed by ${closed.who.claimed}` }] : []),
  ];
  const list = (title: string, lines: readonly string[] = []) => [
    ...["", `## ${title}`, ""],
    ...(lines.length === 0 ? ["Not said yet."] : lines.map((one) => `- ${plain(one)}`)),
  ];
  return [
    `# ${incidentId}: ${source} ${what}`,
    "",
    `- Impact: ${impact}`,
    `- Summary: ${plain(summary)}`,
    `- State: ${closed ? "closed" : "open"}`,
    `- Held: points up to ${suspectedSince}, by ${holdId}`,
    ...["", "## Timeline", ""],
    ...timeline.toSorted((a, b) => a.at.localeCompare(b.at)).map((one) => `- ${one.at} ${plain(one.what)}`),
    ...["", "## Recovery", ""],
    ...(restores.length === 0
      ? ["Nothing was restored yet."]
      : restores.flatMap((restore) => recoveryOf(restore, incident, objective))),
    ...list("Root cause", closed && [closed.rootCause]),
    ...list("Actions", closed?.actions),
    ...list("Lessons", closed?.lessons),
    ...list("Follow-ups", closed?.followUps),
    "",
  ].join("\n");
}

/** Minutes per phase, and both achieved values beside the plan's. The data that is lost is what came between the point and the begin. */
function recoveryOf(restore: Evidence, { suspectedSince, openedAt }: Incident, objective: Told["objective"]): string[] {
  const minutes = (seconds: number) => `${(seconds / 60).toFixed(1)} min`;
  const tookMs = Date.parse(restore.finishedAt) - Date.parse(restore.startedAt);
  const lostMs = Date.parse(suspectedSince) - Date.parse(restore.recoveredTo);
  const against = (ms: number, goal: string | undefined) =>
    goal === undefined ? "" : ` (${ms <= durationMs(goal) ? "within" : "beyond"} ${goal})`;
  return [
    `### ${restore.restoreId}: ${restore.source} into ${restore.target}, as it was at ${restore.recoveredTo}`,
    "",
    "| phase | took |",
    "| --- | --- |",
    ...Object.entries(restore.phases).map(([phase, seconds]) => `| ${phase} | ${minutes(Number(seconds))} |`),
    `| total | ${minutes(tookMs / 1000)} |`,
    "",
    `- RTO achieved: ${describeMs(tookMs)}${against(tookMs, objective?.rto)}; restored ${describeMs(Date.parse(restore.finishedAt) - Date.parse(openedAt))} after the incident was opened`,
    `- RPO achieved: ${lostMs < 0 ? "the point is from after the suspected begin" : `${describeMs(lostMs)} of data${against(lostMs, objective?.rpo)}`}`,
    `- ${restore.factsCompared} facts compared, all the same`,
    "",
  ];
}

/** What people have written becomes no markup. */
const plain = (text: string) => text.replaceAll(/\s+/g, " ").replaceAll(/[<>|`*_[\]#]/g, "\\$&");
