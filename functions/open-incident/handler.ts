import { z } from "zod";
import { defineTask, log } from "#adapters/aws/define-task.ts";
import { openCopy, wireAws, wireEvents } from "#adapters/aws/wire.ts";
import { auditLog } from "#app/audit-log.ts";
import { openIncident } from "#app/open-incident.ts";
import { openIncidentOfAlarm } from "#app/open-incident-of-alarm.ts";
import { loadConfig } from "#config";
import { IncidentByHand } from "#events/by-hand.ts";
import { ObjectCreated } from "#events/envelopes.ts";
import { loadPlan } from "../plan.ts";

const { plan } = loadPlan(process.env);
const wired = wireAws(loadConfig(process.env), plan.signing?.publicKeySha256);
const ports = { ...wired, openCopy, plan, audit: auditLog(wired), events: wireEvents(), log };
const open = openIncident(ports);
const openOfAlarm = openIncidentOfAlarm(ports);

/** By hand; or an alarm has been written down. */
const Event = z.union([ObjectCreated, IncidentByHand]);
export const handler = defineTask(Event, async (event, { requestId }) =>
  "detail" in event ? { incidentId: await openOfAlarm(event.detail.object.key, requestId) } : open(event, requestId),
);
