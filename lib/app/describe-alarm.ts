import type { AlarmRecord } from "#domain/alarm.ts";
import type { Announcement } from "#domain/announcement.ts";
import type { Plan } from "#domain/plan.ts";
import { describeMs } from "#domain/progress.ts";
import type { Happening } from "#events/happenings.ts";
import { acknowledgeCommand } from "./restore-commands.ts";

/** An alarm as it is told: for the first time, or once more. `records`: those of its sources that are told now. */
export function asAlarm(announcement: Announcement, records: readonly AlarmRecord[]): Announcement {
  const sources = records.map(({ source }) => source);
  const its = { ...announcement, alarm: { sources, isOpen: true, severity: announcement.severity } };
  const [first] = records;
  if (!first || first.what === "also" || (first.what === "opened" && first.flaps === 0)) return its;
  const figures = [...announcement.figures, { label: "open since", value: first.openedAt }];
  if (first.what === "reminded") return { ...its, title: `Still: ${announcement.title}`, figures };
  const flapping = "It came back soon after it had recovered. Its end is told when it has stayed away for long enough.";
  return { ...its, title: `Again: ${announcement.title}`, happened: [...announcement.happened, flapping], figures };
}

/** The one message that an alarm is over. */
export function describeRecovered(
  { stage, plan }: { stage: string; plan: Plan },
  { source, code, severity, openedAt, at, flaps }: AlarmRecord,
  why: string,
): Announcement {
  const asked = source in plan.sources ? { source } : {};
  return {
    severity: "warning",
    code,
    title: `Recovered: ${code} of ${source}`,
    happened: [why, ...(flaps > 0 ? [`It came back ${flaps} times, and has been calm since ${at}.`] : [])],
    intact: "every point that is verified.",
    next: {
      say: "nothing; to see what there is:",
      command: `npx sls invoke --stage ${stage} -f list-points -d '${JSON.stringify(asked)}'`,
    },
    figures: [
      { label: "open since", value: openedAt },
      { label: "for", value: describeMs(Date.parse(at) - Date.parse(openedAt)) },
    ],
    alarm: { sources: [source], isOpen: false, severity },
  };
}

/** A channel takes no messages; the others are told. */
export const describeBrokenChannel = (stage: string, channel: string, why: string): Announcement => ({
  severity: "critical",
  code: "ChannelFailed",
  title: `Nobody hears holdfast by ${channel}`,
  happened: [why, "It is tried twice more; until it takes a message again, only the other channels are told."],
  intact: "every point; what could not be told stands in the log of announce.",
  next: {
    say: "put a new address or token into its secret; see what was not told:",
    command: `aws logs tail /aws/lambda/holdfast-${stage}-announce --since 1h`,
  },
  figures: [{ label: "runbook", value: "docs/runbooks/ChannelFailed.md" }],
});

type Escalated = Extract<Happening, { type: "AlarmEscalated" }>["detail"];

/** Everybody hears who was told now; or how an alarm stands that goes on. */
export function describeEscalated(detail: Escalated): Announcement {
  const { stage, source, code, role, contacts, openFor, openedAt, acknowledgedBy } = detail;
  return {
    severity: acknowledgedBy === undefined ? "critical" : "warning",
    code,
    title: role === undefined ? `${code} of ${source} is still open` : `${code} of ${source} was escalated to ${role}`,
    happened: [
      role === undefined
        ? `It has been open for ${openFor}.`
        : `Nobody has acknowledged it for ${openFor}. Told now: ${contacts.join(", ")}.`,
      ...(acknowledgedBy === undefined ? [] : [`${acknowledgedBy} has taken it.`]),
    ],
    intact: "see the alarm itself.",
    next: {
      say:
        acknowledgedBy === undefined
          ? "acknowledge it, then follow the runbook:"
          : "it ends by itself when it is mended; by hand:",
      command: acknowledgeCommand(stage, { source, code, ...(acknowledgedBy === undefined ? {} : { resolved: true }) }),
    },
    figures: [
      { label: "open since", value: openedAt },
      { label: "runbook", value: `docs/runbooks/${code}.md` },
    ],
  };
}
