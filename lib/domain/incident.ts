import { z } from "zod";
import { HoldId } from "./hold.ts";
import { AlarmCode, Name } from "./ids.ts";
import { Disaster } from "./people.ts";

/** `DR-2026-02-23-001`: the day in UTC, and a number. */
export const IncidentId = z
  .string()
  .regex(/^DR-\d{4}-\d{2}-\d{2}-\d{3}$/, "must look like DR-2026-02-23-001")
  .brand("IncidentId");
export type IncidentId = z.infer<typeof IncidentId>;
export const incidentIdOf = (at: Date, number: number) =>
  IncidentId.parse(`DR-${at.toISOString().slice(0, 10)}-${String(number).padStart(3, "0")}`);

export const Who = z.strictObject({ claimed: z.string(), call: z.string() });
export const line = z.string().min(3).max(1_000);

/** In the place of a source's name: every source. */
export const REPOSITORY = "repository";
/** In the plan: which critical alarms open an incident by themselves, and of which kind. */
export const Incidents = z.record(AlarmCode, Disaster.describe("The kind of incident that this alarm opens."));
export type Incidents = z.infer<typeof Incidents>;

/** What somebody says who opens one. `source`: or `repository`, for all of them. `suspectedSince`: from when on the data may be wrong. */
export const IncidentReported = z.strictObject({
  what: Disaster,
  source: Name,
  impact: z.enum(["Low", "Medium", "High", "Critical"]),
  suspectedSince: z.iso.datetime({ offset: true }),
  summary: line,
});
/** What is known at its end. */
export const IncidentConclusion = z.strictObject({
  rootCause: line,
  actions: z.array(line).min(1),
  lessons: z.array(line).default([]),
  followUps: z.array(line).default([]),
});

/** `incidents/<incidentId>/opened.json`, signed. */
export const Incident = z.strictObject({
  schema: z.literal(1),
  incidentId: IncidentId,
  ...IncidentReported.shape,
  /** Holds the points from before: nothing of them expires or is deleted. */
  holdId: HoldId,
  who: Who,
  openedAt: z.iso.datetime(),
});
export type Incident = z.infer<typeof Incident>;
/** `incidents/<incidentId>/closed.json`, signed. */
export const IncidentClosed = z.strictObject({
  schema: z.literal(1),
  incidentId: IncidentId,
  ...IncidentConclusion.shape,
  who: Who,
  closedAt: z.iso.datetime(),
});
export type IncidentClosed = z.infer<typeof IncidentClosed>;

/** An incident as it stands. */
export type KnownIncident = { incident: Incident; closed: IncidentClosed | undefined };

/** It is of this source, or of all. */
export const concerns = ({ source: its }: Incident, source: string) => its === source || its === REPOSITORY;

/** The one that is open of exactly this source: a source has one at a time. */
export const openOf = (known: readonly KnownIncident[], source: string) =>
  known.find(({ incident, closed }) => incident.source === source && !closed)?.incident;

/** It was open when the alarm was opened, or is: what the alarm tells of belongs to it, also when it has been closed since. */
export const incidentOfAlarm = (
  known: readonly KnownIncident[],
  { source, openedAt }: { source: string; openedAt: string },
): Incident | undefined =>
  known.find(
    ({ incident, closed }) =>
      concerns(incident, source) && (!closed || isWithin(openedAt, incident.suspectedSince, closed.closedAt)),
  )?.incident;

const isWithin = (instant: string, from: string, to: string) =>
  Date.parse(from) <= Date.parse(instant) && Date.parse(instant) <= Date.parse(to);

/**
 * The open incidents for which a point may hold what is wrong (AP-10): where data is corrupt, or somebody was inside, every
 * point from the suspected begin on may.
 */
export const incidentsAgainst = (
  known: readonly KnownIncident[],
  { source, recoveredTo }: { source: string; recoveredTo: Date },
): Incident[] =>
  known
    .filter(({ closed }) => !closed)
    .map(({ incident }) => incident)
    .filter((incident) => concerns(incident, source) && ["attacked", "corrupt"].includes(incident.what))
    .filter(({ suspectedSince }) => recoveredTo.getTime() >= Date.parse(suspectedSince));
