import { hookRunOf } from "#domain/hooks.ts";
import type { RunLog } from "#ports/log.ts";
import type { Events, Machines } from "#ports/messaging.ts";
import { readAlarm } from "./alarm-log.ts";
import { findHookRuns, type HookRun, readQuiesced } from "./hook-runs.ts";
import type { HookPorts } from "./run-hook.ts";
import type { Answer } from "./start-backup.ts";
import { type Undone, undoHooks } from "./undo-hooks.ts";

type Ports = HookPorts & { machines: Machines; events: Events; log: RunLog; stage: string };
/** `executionArn`: that has ended. Without it: every execution that has. `again`: also what was given up. */
type Input = { executionArn?: string | undefined; again?: boolean | undefined };

/** A try of the machine, and so many more: an hour of them. */
const MOST_ATTEMPTS = 5;

/**
 * Undoes the hooks of executions that ended without doing it: an abort, a timeout or a crash skips every state. People are
 * told when the first try of such an execution fails, and when the last one does: of others, their execution has told.
 */
export const resumeLate =
  (ports: Ports) =>
  async ({ executionArn, again = false }: Input, callId: string): Promise<Answer> => {
    const found = await findHookRuns(ports, executionArn === undefined ? "" : hookRunOf(executionArn));
    const open = found.filter(
      ({ attempts, isUndone }) =>
        !isUndone && (executionArn === undefined ? again || attempts < MOST_ATTEMPTS : attempts === 0),
    );
    const undone: Undone[] = [];
    for (const one of open) {
      if (executionArn === undefined && (await isStillRunning(ports, one))) continue;
      const result = await undoHooks(ports, one, callId);
      if (!result) continue;
      undone.push(result);
      const isTold = result.attempt > 0 && result.attempt + 1 !== MOST_ATTEMPTS;
      if (result.problems.length > 0 && !isTold) await alarm(ports, result);
      if (result.problems.length === 0) await allClear(ports, result);
    }
    const problems = undone.flatMap(({ run, problems: of }) => of.map((problem) => `${run.source}: ${problem}`));
    return {
      verdict:
        problems.length > 0
          ? `${problems.length} hooks could not be undone`
          : `Nothing is quiesced that should not be: ${undone.length} runs were resumed late`,
      figures: { resumed: undone.map(({ run, hooks }) => ({ runId: run.runId, source: run.source, hooks })), problems },
      next: problems.length > 0 ? "docs/runbooks/HookFailed.md" : "Nothing.",
    };
  };

async function isStillRunning(ports: Ports, one: HookRun): Promise<boolean> {
  return ports.machines.isRunning((await readQuiesced(ports, one)).executionArn);
}

async function allClear(ports: Ports, { run: { runId, source, target } }: Undone): Promise<void> {
  const { events, stage } = ports;
  if (!(await readAlarm(ports, { source, code: "HookFailed" }))?.isOpen) return;
  const message = `The hooks around ${target ?? source} in ${runId} are undone now.`;
  await events.emit({ type: "AlarmRecovered", detail: { stage, code: "HookFailed", source, message } });
}

async function alarm({ events, stage }: Ports, { run, attempt, problems }: Undone): Promise<void> {
  const { runId, source, target, services } = run;
  await events.emit({
    type: "AlarmRaised",
    detail: {
      stage,
      code: "HookFailed",
      source,
      problem: `${runId} ${source} ${attempt}`,
      message: [`The hooks around ${target ?? source} in ${runId} are not undone:`, ...problems].join("\n"),
      next: {
        say: "mend it, or put it back by hand, then let holdfast try again; it does so by itself every 15 minutes, for an hour:",
        command: [
          ...services.map(
            ({ cluster, service, desiredCount }) =>
              `aws ecs update-service --cluster ${cluster} --service ${service} --desired-count ${desiredCount}`,
          ),
          `npx sls invoke --stage ${stage} -f resume -d '{"again":true}'`,
        ].join("\n"),
      },
    },
  });
}
