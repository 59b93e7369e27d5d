import { AlarmRecord } from "#domain/alarm.ts";
import { incidentOfAlarm, REPOSITORY } from "#domain/incident.ts";
import { parseJson } from "#domain/manifest.ts";
import type { Log } from "#ports/log.ts";
import { readAlarm } from "./alarm-log.ts";
import { openOne } from "./open-incident.ts";
import { readIncidents } from "./read-incidents.ts";

type Ports = Parameters<typeof openOne>[0] & { log: Log };

/**
 * What was written down of an alarm opens an incident, where the plan names its code and it is critical and not over. One that
 * was opened while its source had an incident belongs to that. Answers its id; undefined where there is nothing to open.
 */
export const openIncidentOfAlarm =
  (ports: Ports) =>
  async (recordKey: string, callId: string): Promise<string | undefined> => {
    const { repository, plan, log } = ports;
    const body = await repository.read(recordKey);
    if (!body) return undefined;
    const { source, code, severity, openedAt } = parseJson(body, AlarmRecord, recordKey);
    const what = plan.incidents?.[code];
    if (!what || severity !== "critical" || !(source === REPOSITORY || source in plan.sources)) return undefined;
    const now = await readAlarm(ports, { source, code });
    if (!now?.isOpen || now.openedAt !== openedAt) return undefined;
    const before = incidentOfAlarm(await readIncidents(ports), { source, openedAt });
    if (before) return before.incidentId;
    const reported = {
      what,
      source,
      impact: "Critical" as const,
      suspectedSince: openedAt,
      summary: `the alarm ${code}`,
    };
    const { incidentId } = await openOne(ports, { ...reported, requestedBy: `the alarm ${code}` }, callId);
    log.info(`${code} of ${source}: ${incidentId} is open`, { source, incidentId });
    return incidentId;
  };
