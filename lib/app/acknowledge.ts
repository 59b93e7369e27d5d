import { InputInvalid } from "#domain/errors.ts";
import type { Plan } from "#domain/plan.ts";
import type { AcknowledgeByHand } from "#events/by-hand.ts";
import type { Clock } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import { acknowledgeAlarm, readAlarms } from "./alarm-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { acknowledgeCommand } from "./restore-commands.ts";
import type { Answer } from "./start-backup.ts";

type Ports = Pick<CatalogPorts, "repository" | "layout"> & { plan: Plan; stage: string; clock: Clock; events: Events };

/**
 * Somebody has taken the alarm: nobody further up is told. With `resolved` it is ended by hand, which people are told of. Throws
 * `InputInvalid` with the alarms that are open.
 */
export const acknowledge =
  (ports: Ports) =>
  async ({ source, code, requestedBy, because, resolved }: AcknowledgeByHand, callId: string): Promise<Answer> => {
    const { stage, events } = ports;
    const record = await acknowledgeAlarm(ports, { source, code }, { claimed: requestedBy, call: callId });
    if (!record) throw new InputInvalid(`code: ${code} of ${source} is not open. ${await overview(ports)}`);
    const figures = { source, code, openedAt: record.openedAt, severity: record.severity, by: record.acknowledged };
    if (!resolved)
      return {
        verdict: `${code} of ${source} is acknowledged by ${record.acknowledged?.claimed}: nobody further is told`,
        figures,
        next: `docs/runbooks/${code}.md. It ends by itself when it is mended; by hand: ${acknowledgeCommand(stage, { source, code, resolved: true })}`,
      };
    const message = `Ended by ${requestedBy}${because === undefined ? "" : `, because: ${because}`}.`;
    await events.emit({ type: "AlarmRecovered", detail: { stage, source, code, message } });
    return {
      verdict: `${code} of ${source} is ended by hand`,
      figures,
      next: "A message says so. It opens again when it comes up again.",
    };
  };

async function overview(ports: Ports): Promise<string> {
  const open = (await readAlarms(ports)).filter(({ isOpen }) => isOpen);
  return open.length === 0
    ? "No alarm is open."
    : `Open are: ${open.map(({ source, code, openedAt }) => `${code} of ${source} since ${openedAt}`).join(", ")}.`;
}
