import type { Asked } from "#domain/approval.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import type { RunLog } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { Audit } from "./audit-log.ts";
import { acknowledgeCommand, cancelCommand, describeCommand } from "./restore-commands.ts";

type Ports = { stage: string; audit: Audit; events: Events; log: RunLog };
type Input = { asked: Asked; breakGlass: NonNullable<RestoreRequested["breakGlass"]> };

/** Nobody else was asked: everybody hears of it at once, and it stands in the audit log before anything is touched. */
export const breakGlass =
  ({ stage, audit, events, log }: Ports) =>
  async ({ asked, breakGlass: { who, why } }: Input): Promise<void> => {
    const { restoreId, source, target, backupId, recoveredTo, requestedBy } = asked;
    log.belongsTo(restoreId);
    const message = [
      `${who} has begun to restore ${source} into ${target} without the second person that the plan asks for, because: ${why}`,
      `It becomes what it was at ${recoveredTo} (${backupId}). It holds now: ${asked.holds.join(", ") || "nothing"}.`,
    ].join("\n");
    const next = {
      say: "ask them; stop it before its swap if it is not theirs; when it is looked into, end the alarm:",
      command: [
        describeCommand(stage, restoreId),
        cancelCommand(stage, restoreId),
        acknowledgeCommand(stage, { source, code: "BreakGlass", resolved: true }),
      ].join("\n"),
    };
    const detail = { stage, code: "BreakGlass", source, severity: "critical" as const, problem: restoreId };
    await events.emit({ type: "AlarmRaised", detail: { ...detail, message, next } }); // first: who reads it may still stop it
    await audit({
      who: { claimed: who, call: requestedBy.execution },
      what: "break glass",
      to: `${restoreId} ${backupId} ${source} ${target}`,
      because: why,
      outcome: "goes on without a second person",
    });
    log.info(`${target}: goes on without a second person`, { who });
  };
