import { z } from "zod";
import { Severity } from "#domain/announcement.ts";
import { ApprovalAsked } from "#domain/approval.ts";
import { ArchiveClass, Retrieval } from "#domain/archive.ts";
import { InputInvalid } from "#domain/errors.ts";
import { HoldId } from "#domain/hold.ts";
import { AlarmCode, BackupId, Name, RestoreId } from "#domain/ids.ts";
import { IncidentId } from "#domain/incident.ts";
import { Disaster } from "#domain/people.ts";

/** What holdfast puts on the default bus, with `source: "holdfast"`. Everything that tells people hangs on these. */
const happenings = {
  BackupCommitted: z.strictObject({
    stage: z.string(),
    backupId: BackupId,
    sources: z.array(z.string()),
    failed: z.record(z.string(), z.string()),
    bytes: z.int(),
  }),
  PointVerified: z.strictObject({
    stage: z.string(),
    backupId: BackupId,
    source: z.string(),
    recoveredTo: z.iso.datetime(),
    bytes: z.int(),
    verifiedAt: z.iso.datetime(),
  }),
  RestoreFinished: z.strictObject({
    stage: z.string(),
    restoreId: RestoreId,
    source: z.string(),
    target: z.string(),
    backupId: BackupId,
    recoveredTo: z.iso.datetime(),
    seconds: z.number(),
    factsCompared: z.int(),
    safetyBackupId: BackupId.nullable(),
    kept: z.array(z.strictObject({ what: z.string(), drop: z.string() })),
    /** The target's `keepOldState`. */
    keptFor: z.string().optional(),
    notes: z.array(z.string()).default([]),
  }),
  RestoreRolledBack: z.strictObject({
    stage: z.string(),
    restoreId: RestoreId,
    source: z.string(),
    target: z.string(),
    kept: z.array(z.strictObject({ what: z.string(), drop: z.string() })),
  }),
  /** A restore waits for S3 to thaw its point. */
  ThawRequested: z.strictObject({
    stage: z.string(),
    restoreId: RestoreId,
    source: z.string(),
    target: z.string(),
    backupId: BackupId,
    /** The copy that it is read from. */
    from: Name.nullable(),
    classes: z.array(ArchiveClass).min(1),
    retrieval: Retrieval,
    /** What has to be thawed. */
    bytes: z.int(),
    requestedAt: z.iso.datetime(),
    expectedBy: z.iso.datetime(),
  }),
  /** A restore or a drop waits for a second person. */
  ApprovalRequested: ApprovalAsked,
  /** Every source that was asked for, one after another. */
  BackupRestored: z.strictObject({
    stage: z.string(),
    /** The name of the one that restored them: a backup may be restored again. */
    execution: z.string(),
    backupId: BackupId,
    restored: z.array(z.strictObject({ source: z.string(), target: z.string() })).min(1),
  }),
  AlarmRaised: z.strictObject({
    stage: z.string(),
    code: AlarmCode,
    source: Name,
    /** Critical where nothing else is said. */
    severity: Severity.optional(),
    /** Tells problems of one code apart: while the alarm is open, the same problem is told once. */
    problem: z.string(),
    message: z.string(),
    next: z.strictObject({ say: z.string(), command: z.string().optional() }),
  }),
  /** An open alarm has climbed a rung, or is told of as it stands. */
  AlarmEscalated: z.strictObject({
    stage: z.string(),
    code: AlarmCode,
    source: Name,
    openedAt: z.iso.datetime(),
    openFor: z.string(),
    /** Who was told; absent for a status update. */
    role: Name.optional(),
    contacts: z.array(z.string()),
    acknowledgedBy: z.string().optional(),
  }),
  /** Whatever was wrong is right: ends the alarm of this source and code, and is told where it was open. */
  AlarmRecovered: z.strictObject({
    stage: z.string(),
    code: AlarmCode,
    source: Name,
    message: z.string(),
  }),
  IncidentOpened: z.strictObject({
    stage: z.string(),
    incidentId: IncidentId,
    /** Or `repository`. */
    source: Name,
    what: Disaster,
    suspectedSince: z.iso.datetime({ offset: true }),
    summary: z.string(),
    holdId: HoldId,
    by: z.string(),
  }),
  /** A flood has kept messages from a channel, and its window is over. */
  DigestDue: z.strictObject({ stage: z.string(), begin: z.iso.datetime(), channel: z.string() }),
  /** Tests the way of alarms. `attempt`: the first is 0. */
  CanarySent: z.strictObject({ stage: z.string(), dueAt: z.iso.datetime(), attempt: z.int().nonnegative() }),
};
export type Happening = {
  [Type in keyof typeof happenings]: { type: Type; detail: z.infer<(typeof happenings)[Type]> };
}[keyof typeof happenings];

/** The envelope that EventBridge puts around one of ours. */
export const Happened = z.looseObject({
  source: z.literal("holdfast"),
  "detail-type": z.enum([
    "BackupCommitted",
    "PointVerified",
    "RestoreFinished",
    "RestoreRolledBack",
    "ApprovalRequested",
    "ThawRequested",
    "BackupRestored",
    "AlarmRaised",
    "AlarmRecovered",
    "CanarySent",
    "AlarmEscalated",
    "IncidentOpened",
    "DigestDue",
  ]),
  detail: z.unknown(),
});

/** Throws `InputInvalid` for a detail that is not of its type. */
export function happeningOf(event: z.infer<typeof Happened>): Happening {
  const type = event["detail-type"];
  switch (type) {
    case "BackupCommitted":
      return { type, detail: read(happenings[type], event.detail) };
    case "PointVerified":
      return { type, detail: read(happenings[type], event.detail) };
    case "RestoreFinished":
      return { type, detail: read(happenings[type], event.detail) };
    case "RestoreRolledBack":
      return { type, detail: read(happenings[type], event.detail) };
    case "ThawRequested":
      return { type, detail: read(happenings[type], event.detail) };
    case "ApprovalRequested":
      return { type, detail: read(happenings[type], event.detail) };
    case "BackupRestored":
      return { type, detail: read(happenings[type], event.detail) };
    case "AlarmRaised":
      return { type, detail: read(happenings[type], event.detail) };
    case "AlarmEscalated":
      return { type, detail: read(happenings[type], event.detail) };
    case "AlarmRecovered":
      return { type, detail: read(happenings[type], event.detail) };
    case "IncidentOpened":
      return { type, detail: read(happenings[type], event.detail) };
    case "DigestDue":
      return { type, detail: read(happenings[type], event.detail) };
    case "CanarySent":
      return { type, detail: read(happenings[type], event.detail) };
  }
}

function read<Detail extends z.ZodType>(detail: Detail, given: unknown): z.output<Detail> {
  const parsed = detail.safeParse(given);
  if (!parsed.success) throw new InputInvalid(`The event's detail is wrong:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
