import pMap from "p-map";
import type { z } from "zod";
import { StepDone } from "#domain/checklist.ts";
import { InputInvalid } from "#domain/errors.ts";
import { Incident, IncidentClosed, IncidentId, type KnownIncident } from "#domain/incident.ts";
import { parseJson } from "#domain/manifest.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readSignedProof } from "./signed-objects.ts";

const AT_ONCE = 8;

/** Every incident that there ever was, oldest first, as it stands. What is not signed by us is none, and closes none. */
export async function readIncidents(ports: CatalogPorts): Promise<KnownIncident[]> {
  const folders = await ports.repository.folders(ports.layout.incidents);
  const found = await pMap(folders, (id) => findIncident(ports, IncidentId.parse(id)), { concurrency: AT_ONCE });
  return found.filter((one) => one !== undefined);
}

/** Throws `InputInvalid` with the incidents that there are. */
export async function readIncident(ports: CatalogPorts, incidentId: IncidentId): Promise<KnownIncident> {
  const found = await findIncident(ports, incidentId);
  if (found) return found;
  const there = await ports.repository.folders(ports.layout.incidents);
  throw new InputInvalid(`incidentId: there is no incident ${incidentId}; there are: ${there.join(", ") || "none"}`);
}

/** Undefined where there is none of this id. */
export async function findIncident(ports: CatalogPorts, id: IncidentId): Promise<KnownIncident | undefined> {
  const incident = await read(ports, ports.layout.incident(id), Incident);
  return incident && { incident, closed: await read(ports, ports.layout.incidentClosed(id), IncidentClosed) };
}

/** The steps of its checklist that somebody has ticked. */
export async function readSteps(ports: CatalogPorts, incidentId: IncidentId): Promise<StepDone[]> {
  const done: StepDone[] = [];
  for await (const key of ports.repository.list(ports.layout.incidentSteps(incidentId))) {
    const step = key.endsWith(".json") ? await read(ports, key, StepDone) : undefined;
    if (step) done.push(step);
  }
  return done;
}

async function read<T>(ports: CatalogPorts, key: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const bytes = await readSignedProof(ports, key);
  return bytes && parseJson(bytes, schema, key);
}
