/**
 * Every error that a person or a state machine sees. `name` is a literal because it is public API: state machines
 * match on it (a minifier would rename the class) and docs/reference/errors.md lists it.
 */
abstract class BackupError extends Error {
  abstract override readonly name: string;
}

/** A plan that can't be used. The message lists every problem with its path in the file. */
export class PlanInvalid extends BackupError {
  override readonly name = "PlanInvalid";
}
/** An invocation, event or task input that breaks its contract. The message lists every problem with its path. */
export class InputInvalid extends BackupError {
  override readonly name = "InputInvalid";
}
/** Environment variables that the deployment should have set. */
export class ConfigInvalid extends BackupError {
  override readonly name = "ConfigInvalid";
}
/** A manifest, proof or outcome that can't be read as one. */
export class ManifestInvalid extends BackupError {
  override readonly name = "ManifestInvalid";
}
/** The signature does not belong to these bytes and this key. */
export class SignatureInvalid extends BackupError {
  override readonly name = "SignatureInvalid";
}
/** Stored bytes are not the bytes that the manifest names. */
export class ChecksumMismatch extends BackupError {
  override readonly name = "ChecksumMismatch";
}
/** The manifest names an object that is not there. */
export class ArtifactMissing extends BackupError {
  override readonly name = "ArtifactMissing";
}
/** The object lies in an archive class of S3 and was not thawed: its bytes are there, and can't be read now. */
export class ArtifactArchived extends BackupError {
  override readonly name = "ArtifactArchived";
}
/** S3 has not thawed a point in the time that a restore waits. The thaw goes on. */
export class ThawOverdue extends BackupError {
  override readonly name = "ThawOverdue";
}
/** Something else already stands where a new object was to be written. Nothing was overwritten. */
export class AlreadyCommitted extends BackupError {
  override readonly name = "AlreadyCommitted";
}
/** A tool exited with something else than 0, or was ended by a signal. */
export class CommandFailed extends BackupError {
  override readonly name = "CommandFailed";
}
/** The tool exited 0, but its output has no proven end: it was cut off. */
export class FormatIncomplete extends BackupError {
  override readonly name = "FormatIncomplete";
}
/** The source can't be captured as the plan says; every reason with what mends it. Nothing was captured. */
export class PreflightFailed extends BackupError {
  override readonly name = "PreflightFailed";
}
/** Others were waiting for the capture, or it for them, for longer than the plan allows. It gave way; a later try may succeed. */
export class SourceBusy extends BackupError {
  override readonly name = "SourceBusy";
}
/** The upload could not be finished; it was aborted and no object is visible. */
export class UploadFailed extends BackupError {
  override readonly name = "UploadFailed";
}
/** The data key does not open this artifact, or its encryption context is not the one it was made with. */
export class WrongKey extends BackupError {
  override readonly name = "WrongKey";
}
/** The task was told to stop. What it was uploading was aborted. */
export class Interrupted extends BackupError {
  override readonly name = "Interrupted";
}
/** No recovery point answers the request. */
export class NoSuchPoint extends BackupError {
  override readonly name = "NoSuchPoint";
}
/** The target is live, or holds data that holdfast did not put there, and the request did not name it. */
export class ConfirmationNeeded extends BackupError {
  override readonly name = "ConfirmationNeeded";
}
/** The target is no longer the one that was looked at when the restore was planned. Nothing was loaded. */
export class TargetChanged extends BackupError {
  override readonly name = "TargetChanged";
}
/** Another restore is at work in the target. Nothing was touched. */
export class TargetBusy extends BackupError {
  override readonly name = "TargetBusy";
}
/** The target can't take this point; every reason with what mends it. Nothing was loaded. */
export class TargetUnfit extends BackupError {
  override readonly name = "TargetUnfit";
}
/** The swap did not end as it should. The message says what the target holds now. */
export class SwapFailed extends BackupError {
  override readonly name = "SwapFailed";
}
/** cancel-restore came before the swap. The target is as it was. */
export class RestoreCancelled extends BackupError {
  override readonly name = "RestoreCancelled";
}
/** A second person's word is needed, and there is none that counts for this restore. Nothing was touched. */
export class ApprovalInvalid extends BackupError {
  override readonly name = "ApprovalInvalid";
}
/** The old state is not there, in whole or in part: it was dropped, rolled back already, or there never was one. Nothing was touched. */
export class NothingToRollBack extends BackupError {
  override readonly name = "NothingToRollBack";
}
/** What was loaded differs from what was captured. The message says whether the target is as it was, or needs its safety point. */
export class FactsDiffer extends BackupError {
  override readonly name = "FactsDiffer";
}
/** A task ended without an outcome that can be believed. */
export class TaskFailed extends BackupError {
  override readonly name = "TaskFailed";
}
/** A hook of the plan failed, or could not be undone. The message says which one, and the execution whether anything was begun. */
export class HookFailed extends BackupError {
  override readonly name = "HookFailed";
}
/** A message could not be handed to the channel. */
export class AnnouncementFailed extends BackupError {
  override readonly name = "AnnouncementFailed";
}

/** An entry of the audit log is missing, or stands where another should. */
export class AuditBroken extends BackupError {
  override readonly name = "AuditBroken";
}

/** This clock can't be the one that the repository was written by, or nothing has come into it for long. Nothing was let go of or deleted, or captured. */
export class ClockJumped extends BackupError {
  override readonly name = "ClockJumped";
}

/** Not everything that is kept could be locked. What could be is; nothing was let go of by this sweep. */
export class LockFailed extends BackupError {
  override readonly name = "LockFailed";
}

/** Name and message of anything that was thrown, for outcomes and logs. */
export function describeError(error: unknown): { name: string; message: string } {
  return error instanceof Error
    ? { name: error.name, message: error.message }
    : { name: "Error", message: String(error) };
}
