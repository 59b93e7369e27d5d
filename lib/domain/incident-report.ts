import { checklist, describeStep, type StepDone } from "./checklist.ts";
import { durationMs } from "./duration.ts";
import type { Evidence } from "./evidence.ts";
import type { Incident, IncidentClosed } from "./incident.ts";
import { plain } from "./markdown.ts";
import { describeMs } from "./progress.ts";

/** Something that happened meanwhile: an alarm that was opened or ended, a restore that began or ended. */
export type Event = { at: string; what: string };
type Told = {
  incident: Incident;
  /** The steps that somebody has ticked. */
  done: readonly StepDone[];
  closed: IncidentClosed | undefined;
  events: readonly Event[];
  restores: readonly Evidence[];
  objective: { rpo: string; rto: string } | undefined;
};

/** The report (AP-21), as Markdown: from what is written down, nothing from memory. */
export function incidentReport({ incident, closed, done, events, restores, objective }: Told): string {
  const { incidentId, what, source, impact, suspectedSince, summary, who, openedAt, holdId } = incident;
  const timeline: Event[] = [
    { at: new Date(suspectedSince).toISOString(), what: "suspected begin" },
    { at: openedAt, what: `incident opened by ${who.claimed}` },
    ...events,
    ...done.map((one) => ({ at: one.doneAt, what: describeStep(one) })),
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
    ...["", "## Checklist", "", ...checklist(done)],
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
