import { z } from "zod";
import { Step } from "#domain/checklist.ts";
import { HoldId, HoldScope } from "#domain/hold.ts";
import { AlarmCode, BackupId, Name, RequestId, RestoreId, RollbackId } from "#domain/ids.ts";
import { IncidentConclusion, IncidentId, IncidentReported, line } from "#domain/incident.ts";
import { Disaster } from "#domain/people.ts";
import { BreakGlass } from "./restore-requested.ts";
import { RetentionRequested } from "./retention-requested.ts";

/** What people give to `npx sls invoke -f <name> -d '…'`; samples in events/samples. */
export const BackupByHand = z.strictObject({ backup: Name, sources: z.array(Name).min(1).optional() });
/** A source before its first backup, or a target before its first restore. */
export const CheckByHand = z
  .strictObject({ source: Name.optional(), target: Name.optional() })
  .refine(({ source, target }) => (source === undefined) !== (target === undefined), {
    path: ["source"],
    message: "name one source, or one target",
  });
export type CheckByHand = z.infer<typeof CheckByHand>;
export const PointsByHand = z.strictObject({
  source: Name.optional(),
  newest: z.int().positive().max(1_000).default(50),
});
export const PointByHand = z.strictObject({ source: Name, backupId: BackupId });
/** After how many minutes without a proof the event of a new manifest counts as lost. */
export const SweepByHand = z.strictObject({ lostAfterMinutes: z.number().min(0).default(5) });
/** `again`: what was given up, too. */
export const ResumeByHand = z.strictObject({ again: z.boolean().default(false) });
/** `confirm` is the target's name: a rollback takes away what was written since the restore, and keeps it beside. */
export const RollbackByHand = z.strictObject({
  restoreId: RestoreId,
  confirm: Name,
  requestedBy: z.string().max(200).optional(),
  because: z.string().min(3).max(500).optional(),
  /** Where a second person has to want it: what they have approved. Without it they are asked. */
  requestId: RollbackId.optional(),
  /** Does not wait for a second person where the target asks for one. */
  breakGlass: BreakGlass.optional(),
});
export type RollbackByHand = z.infer<typeof RollbackByHand>;

/** A restore by its id, the newest of a source, or all that run. */
export const DescribeRestoreByHand = z
  .strictObject({ restoreId: RestoreId.optional(), source: Name.optional() })
  .refine(({ restoreId, source }) => restoreId === undefined || source === undefined, {
    path: ["source"],
    message: "restoreId names one restore already",
  });
export type DescribeRestoreByHand = z.infer<typeof DescribeRestoreByHand>;
export const CancelByHand = z.strictObject({
  restoreId: RestoreId,
  because: z.string().min(10).max(500),
  /** Who asks. Written down as claimed: nothing here proves it. */
  requestedBy: z.string().min(1).max(200).optional(),
});
export type CancelByHand = z.infer<typeof CancelByHand>;

const decided = { requestId: RequestId, confirm: Name };
/** The second person's word on a restore, by its `restoreId`, or a drop that waits for one. `confirm` is the target's name. */
export const ApproveByHand = z.strictObject({
  ...decided,
  approvedBy: z.string().min(1).max(200),
  because: z.string().min(3).max(500).optional(),
});
export type ApproveByHand = z.infer<typeof ApproveByHand>;
export const RefuseByHand = z.strictObject({
  ...decided,
  refusedBy: z.string().min(1).max(200),
  because: z.string().min(3).max(500),
});
export type RefuseByHand = z.infer<typeof RefuseByHand>;

/** By hand `{}`, one source or one place; the `retention` machine says when it began, and hands on its input. */
export const RetentionByHand = RetentionRequested.extend({
  source: Name.optional(),
  startedAt: z.iso.datetime().optional(),
  input: RetentionRequested.optional(),
});

const why = z.string().min(3).max(500);
const requestedBy = z.string().min(1).max(200);
/** Points that fit everything that is said are held; nothing said holds every point. */
export const HoldByHand = HoldScope.extend({ until: z.iso.datetime({ offset: true }).optional(), why, requestedBy });
export type HoldByHand = z.infer<typeof HoldByHand>;
export const ReleaseByHand = z.strictObject({ holdId: HoldId, why, requestedBy });
export type ReleaseByHand = z.infer<typeof ReleaseByHand>;
/** `{}` wraps anew what was wrapped before the last rotation; `now` rotates first, which KMS else does every 90 days. */
export const RotateByHand = z
  .strictObject({
    now: z.boolean().default(false),
    because: z.string().min(10).max(500).optional(),
    requestedBy: requestedBy.optional(),
  })
  .refine(({ now, because }) => !now || because !== undefined, {
    path: ["because"],
    message: "now needs its reason in at least 10 characters",
  });
export type RotateByHand = z.infer<typeof RotateByHand>;
/** `resolved` ends the alarm by hand: for what no good sign can end. */
export const AcknowledgeByHand = z.strictObject({
  source: Name,
  code: AlarmCode,
  requestedBy,
  because: why.optional(),
  resolved: z.boolean().default(false),
});
export type AcknowledgeByHand = z.infer<typeof AcknowledgeByHand>;
/** `since`: when it happened, or may have begun. `options`: those of `start-restore`, for some databases, tables or files only. */
export const WhatNowByHand = z.strictObject({
  what: Disaster,
  source: Name,
  since: z.iso.datetime({ offset: true }).optional(),
  options: z.record(z.string(), z.unknown()).optional(),
});
export type WhatNowByHand = z.infer<typeof WhatNowByHand>;
export const AuditByHand = z.strictObject({ newest: z.int().positive().max(10_000).default(100) });

/** The points of one source, in the newest so many backups. */
export const TimelineByHand = z.strictObject({ source: Name, newest: z.int().positive().max(5_000).default(90) });
/** A point that is held back: to be believed again, or never again. */
export const JudgementByHand = z.strictObject({ source: Name, backupId: BackupId, why, requestedBy });
export type JudgementByHand = z.infer<typeof JudgementByHand>;
/** Days in UTC, both included. */
export const ExportByHand = z.strictObject({ from: z.iso.date(), to: z.iso.date() });
export type ExportByHand = z.infer<typeof ExportByHand>;
export const IncidentByHand = IncidentReported.extend({ requestedBy });
export type IncidentByHand = z.infer<typeof IncidentByHand>;
export const IncidentById = z.strictObject({ incidentId: IncidentId });
export const IncidentEndByHand = IncidentConclusion.extend({ incidentId: IncidentId, requestedBy });
export type IncidentEndByHand = z.infer<typeof IncidentEndByHand>;
/** A step of the checklist is done; `note` says what came of it. */
export const StepByHand = z.strictObject({ incidentId: IncidentId, step: Step, note: line.optional(), requestedBy });
export type StepByHand = z.infer<typeof StepByHand>;
