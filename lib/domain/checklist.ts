import { z } from "zod";
import { IncidentId, line, Who } from "./incident.ts";
import { plain } from "./markdown.ts";

/** The eleven steps of a recovery (AP-22), in their order. */
export const Step = z.enum([
  ...(["assessed", "people", "users", "isolated", "evidence", "point"] as const),
  ...(["restored", "checked", "secrets", "watched", "announced"] as const),
]);
export type Step = z.infer<typeof Step>;
const MEANING: Record<Step, string> = {
  assessed: "it is known what is wrong, since when, and how bad it is",
  people: "the people of the plan's roles know: what-now names them",
  users: "the users were told",
  isolated: "nothing makes it worse: writers are stopped, an attacker's rights are taken away",
  evidence: "logs and disks that may prove something are stored elsewhere",
  point: "a point from before the suspected begin was chosen",
  restored: "it was restored, and its facts were compared",
  checked: "the application reads and writes, and its figures are right",
  secrets: "secrets were changed, and holes were closed",
  watched: "backups, alarms and error rates were looked at for an hour after it",
  announced: "the users were told that it is over",
};

/** `incidents/<incidentId>/steps/<step>.json`, signed: whoever ticks a step first has ticked it. */
export const StepDone = z.strictObject({
  schema: z.literal(1),
  incidentId: IncidentId,
  step: Step,
  note: line.optional(),
  who: Who,
  doneAt: z.iso.datetime(),
});
export type StepDone = z.infer<typeof StepDone>;

/** As a list of tasks in Markdown: what is done by whom, and what is not. */
export const checklist = (done: readonly StepDone[]): string[] =>
  Step.options.map((step) => {
    const its = done.find((one) => one.step === step);
    return its ? `- [x] ${step}: ${MEANING[step]} (${signature(its)})` : `- [ ] ${step}: ${MEANING[step]}`;
  });

/** The names of the steps that nobody has ticked. */
export const stepsLeft = (done: readonly StepDone[]): Step[] =>
  Step.options.filter((step) => !done.some((one) => one.step === step));

/** For the timeline. */
export const describeStep = ({ step, who, note }: StepDone): string =>
  `step ${step} done by ${who.claimed}${note === undefined ? "" : `: ${note}`}`;

const signature = ({ who, doneAt, note }: StepDone) =>
  plain(`${who.claimed}, ${doneAt}${note === undefined ? "" : `: ${note}`}`);
