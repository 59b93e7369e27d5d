import { type Asked, inShort, requestIdOf } from "#domain/asked.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import type { RunLog } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { Audit } from "./audit-log.ts";
import { linesOf } from "./describe-approval.ts";
import { acknowledgeCommand, cancelCommand, describeCommand, stopMachineCommand } from "./restore-commands.ts";

type Ports = { stage: string; audit: Audit; events: Events; log: RunLog };
type Input = { asked: Asked; breakGlass: NonNullable<RestoreRequested["breakGlass"]> };

/** Nobody else was asked: everybody hears of it at once, and it stands in the audit log before anything is touched. */
export const breakGlass =
  ({ stage, audit, events, log }: Ports) =>
  async ({ asked, breakGlass: { who, why } }: Input): Promise<void> => {
    const requestId = requestIdOf(asked);
    log.belongsTo(requestId);
    const { does, lines, stop, sources } = wordsOf(stage, asked);
    const message = [`${who} ${does} without the second person that the plan asks for, because: ${why}`, ...lines].join(
      "\n",
    );
    for (const source of sources) {
      const end = acknowledgeCommand(stage, { source, code: "BreakGlass", resolved: true });
      const next = {
        say: `ask them; ${stop.say} if it is not theirs; when it is looked into, end the alarm:`,
        command: [...stop.commands, end].join("\n"),
      };
      const detail = { stage, code: "BreakGlass", source, severity: "critical" as const, problem: requestId };
      await events.emit({ type: "AlarmRaised", detail: { ...detail, message, next } }); // first: who reads it may still stop it
    }
    await audit({
      who: { claimed: who, call: asked.requestedBy.execution },
      what: "break glass",
      to: inShort(asked),
      because: why,
      outcome: "goes on without a second person",
    });
    log.info(`${asked.target}: goes on without a second person`, { who });
  };

function wordsOf(stage: string, asked: Asked) {
  if ("dropId" in asked)
    return {
      does: `drops what restores have kept in ${asked.target}, sooner than the plan does,`,
      lines: linesOf(asked.kept),
      stop: { say: "stop it", commands: [stopMachineCommand(asked.requestedBy.execution)] },
      sources: [...new Set(asked.kept.map(({ source }) => source))],
    };
  if ("rollbackId" in asked)
    return {
      does: `rolls ${asked.target} back to what it was before the restore ${asked.restoreId},`,
      lines: [`Put back is: ${asked.what}. What came since ${asked.since} is taken away, and kept beside.`],
      stop: { say: "look how it stands", commands: [describeCommand(stage, asked.restoreId)] },
      sources: [asked.source],
    };
  const { restoreId, source, target, recoveredTo, backupId, holds } = asked;
  return {
    does: `has begun to restore ${source} into ${target}`,
    lines: [`It becomes what it was at ${recoveredTo} (${backupId}). It holds now: ${holds.join(", ") || "nothing"}.`],
    stop: {
      say: "stop it before its swap",
      commands: [describeCommand(stage, restoreId), cancelCommand(stage, restoreId)],
    },
    sources: [source],
  };
}
