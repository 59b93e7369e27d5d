import type { AlarmRecord } from "#domain/alarm.ts";
import type { Announcement } from "#domain/announcement.ts";
import type { Plan } from "#domain/plan.ts";
import { describeMs } from "#domain/progress.ts";

/** An alarm as it is told: for the first time, or once more. `records`: those of its sources that are told now. */
export function asAlarm(announcement: Announcement, records: readonly AlarmRecord[]): Announcement {
  const sources = records.map(({ source }) => source);
  const its = { ...announcement, alarm: { sources, isOpen: true } };
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
  { source, code, openedAt, at, flaps }: AlarmRecord,
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
    alarm: { sources: [source], isOpen: false },
  };
}
