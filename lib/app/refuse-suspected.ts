import { InputInvalid } from "#domain/errors.ts";
import { incidentsAgainst, type KnownIncident } from "#domain/incident.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import type { Audit } from "./audit-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readIncidents } from "./read-incidents.ts";

type Reading = CatalogPorts & { audit: Audit };
type Point = { source: string; backupId: string; recoveredTo: Date };

/** Why a point is not restored while an incident is open that `despite` does not name (AP-10); undefined where nothing speaks against it. */
export function whySuspected(
  known: readonly KnownIncident[],
  point: Point,
  despite: readonly string[],
): string | undefined {
  const { source, backupId, recoveredTo } = point;
  const incident = incidentsAgainst(known, point).find(({ incidentId }) => !despite.includes(incidentId));
  if (!incident) return undefined;
  const { incidentId, what, suspectedSince } = incident;
  return `${source} in ${backupId} is of ${recoveredTo.toISOString()}, and ${incidentId} suspects what came after ${suspectedSince} (${what}). Add "before": "${suspectedSince}"; or, to take this point all the same, "despite": ["${incidentId}"] and "because"`;
}

/**
 * While an incident is open in which data is corrupt or somebody was inside, only points from before its suspected begin are
 * restored, unless the request names the incident and says why, which is written down. Throws `InputInvalid`.
 */
export async function refuseSuspected(
  ports: Reading,
  point: Point,
  {
    despite,
    because = "",
    requestedBy = null,
  }: Pick<RestoreRequested, "despite" | "because"> & { requestedBy?: string | null | undefined },
  call: string,
): Promise<void> {
  const known = await readIncidents(ports);
  const why = whySuspected(known, point, despite);
  if (why !== undefined) throw new InputInvalid(`before: ${why}`);
  for (const { incidentId } of incidentsAgainst(known, point))
    await ports.audit({
      who: { claimed: requestedBy, call },
      what: "restore despite incident",
      to: `${point.backupId} ${point.source}`,
      because,
      outcome: `${incidentId} suspects it`,
    });
}
