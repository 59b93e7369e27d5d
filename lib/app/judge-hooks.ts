import type { Ran } from "#domain/hooks.ts";
import type { Phases } from "#domain/outcome.ts";
import type { TaskEnd } from "#domain/task-input.ts";
import { readableCause } from "./readable-cause.ts";

/** What the hooks around a task came to. `problem`: what is not undone; a record that is missing is one too. */
export function judgeHooks(end: TaskEnd | undefined): { ran: Ran[]; phases: Phases; problem: string | undefined } {
  if (!end?.hasHooks) return { ran: [], phases: {}, problem: undefined };
  const before = end.quiesced?.hooks ?? [];
  const after = end.resumed && "hooks" in end.resumed ? end.resumed.hooks : [];
  return {
    ran: [...before, ...after],
    phases: { quiesce: secondsOf(before), resume: secondsOf(after) },
    problem: problemOf(end),
  };
}

function problemOf({ source, resumed }: TaskEnd): string | undefined {
  const why = resumed ? whatIsNotUndone(resumed) : "the state machine has no record of it";
  return why ? `${source}: HookFailed: its hooks are not undone: ${why}` : undefined;
}

const whatIsNotUndone = (resumed: NonNullable<TaskEnd["resumed"]>) =>
  "Error" in resumed ? readableCause(resumed.Cause, resumed.Error) : resumed.problem;

const secondsOf = (hooks: Ran[]) => Math.round(hooks.reduce((sum, { seconds }) => sum + seconds, 0) * 100) / 100;
