import type { AlarmKey } from "#domain/alarm.ts";
import { describeError } from "#domain/errors.ts";
import type { Plan } from "#domain/plan.ts";
import { sweepNamed, sweptPlaces } from "#domain/retention-rules.ts";
import type { Finding } from "#domain/silence.ts";
import type { Clock, Log } from "#ports/log.ts";
import type { Events } from "#ports/messaging.ts";
import type { DeadMan } from "#ports/watched.ts";
import { readAlarm } from "./alarm-log.ts";
import { type PathPorts, whatDoesNotArrive } from "./look-at-alarm-path.ts";
import { lookAtRuns, type RunPorts } from "./look-at-runs.ts";
import { lookAtSettings, type SettingsPorts } from "./look-at-settings.ts";
import type { Answer } from "./start-backup.ts";

/** Every alarm that a finding can be. */
const ownAlarms = (plan: Plan): AlarmKey[] => [
  ...[...Object.keys(plan.sources), ...sweptPlaces(plan).map(sweepNamed)].map((source) => ({
    code: "RunOverdue",
    source,
  })),
  ...["schedules", "repository"].map((source) => ({ code: "SettingsDrifted", source })),
  { code: "AlarmPathFailed", source: "announce" },
];
/** SK-6: a daily backup that is missing is a warning; `BackupTooOld` is what becomes critical. */
const TOLD = {
  RunOverdue: {
    severity: "warning",
    say: "see which runs began and how they ended; then back up at once:",
    of: "check-objectives",
  },
  SettingsDrifted: {
    severity: "critical",
    say: "find out who changed it, and put it back as the runbook says; what differs is shown by:",
    of: "watch",
  },
  AlarmPathFailed: {
    severity: "critical",
    say: "mend the way, since other alarms go the same; what is wrong is shown by:",
    of: "watch",
  },
} as const;

type Ports = RunPorts &
  SettingsPorts &
  PathPorts & { events: Events; clock: Clock; log: Log; deadMan: DeadMan | undefined };

/**
 * Looks for what nobody tells of: runs that did not come, schedules and bucket settings that were changed, alarms that reach
 * nobody. Signals to somebody outside when it has seen all of it, and only then: whoever hears nothing has to look.
 */
export const watch = (ports: Ports) => async (): Promise<Answer> => {
  const now = ports.clock();
  const { schedules, drift } = await lookAtSettings(ports);
  const { ledger, rates, late } = await lookAtRuns(ports, schedules, now);
  const findings = [...late, ...drift, ...(await whatDoesNotArrive(ports, schedules, now))];
  const notTold = await tell(ports, findings);
  const all = [...findings, ...notTold];
  const text = all.map(({ code, source, what }) => `${code}: ${source}: ${what}`).join("\n");
  await ports.deadMan?.signal(all.length === 0, text || "All is as the plan says.");
  if (notTold.length > 0) throw new Error(text);
  return {
    verdict: findings.length === 0 ? "All is as the plan says" : `Not as the plan says: ${findings.length} found`,
    figures: { findings, runsOf7Days: rates, ledger },
    next: findings.length === 0 ? "Nothing." : `docs/runbooks/${findings[0]?.code}.md`,
  };
};

/** One alarm per code and source, and the end of those whose cause is gone. Answers what the event bus did not take. */
async function tell(ports: Ports, findings: Finding[]): Promise<Finding[]> {
  const { stage, events } = ports;
  const groups = Map.groupBy(findings, ({ code, source }) => `${code} ${source}`);
  try {
    for (const [first, ...more] of groups.values()) {
      if (!first) continue;
      const { code, source } = first;
      const { severity, say, of } = TOLD[code];
      const message = [first, ...more].map(({ what }) => `${what}.`).join("\n");
      ports.log.error(`${code}: ${message}`, { source });
      const next = { say, command: `npx sls invoke --stage ${stage} -f ${of} -d '{}'` };
      await events.emit({
        type: "AlarmRaised",
        detail: { stage, code, source, severity, problem: message, message, next },
      });
    }
    for (const key of ownAlarms(ports.plan).filter(({ code, source }) => !groups.has(`${code} ${source}`)))
      if ((await readAlarm(ports, key))?.isOpen)
        await events.emit({
          type: "AlarmRecovered",
          detail: { stage, ...key, message: "It is as the plan says again." },
        });
    return [];
  } catch (error) {
    const what = `an alarm could not be handed over: ${describeError(error).message}`;
    return [{ code: "AlarmPathFailed", source: "announce", what }];
  }
}
