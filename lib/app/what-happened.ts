import { requestIdOf } from "#domain/asked.ts";
import { digestId, digestOf } from "#domain/digest.ts";
import { sha256 } from "#domain/hashes.ts";
import { machineOf } from "#domain/ids.ts";
import { canaryId } from "#domain/repository-layout.ts";
import type { ExecutionBegun, ExecutionEnded, ExecutionSucceeded } from "#events/envelopes.ts";
import type { Happening } from "#events/happenings.ts";

/** What people may have to be told of. */
export type What =
  | { happening: Happening }
  | { execution: ExecutionEnded["detail"] }
  | { begun: ExecutionBegun["detail"] }
  | { succeeded: ExecutionSucceeded["detail"] };
export type Told = What & { requestId: string };
/** One event, however often it comes. */
export type Identity = { runId: string; what: string };

export function identify(told: Told): Identity {
  if ("happening" in told) return identifyHappening(told.happening, told.requestId);
  const { name, stateMachineArn, status } = executionOf(told);
  return { runId: name, what: `${machineOf(stateMachineArn)?.machine}-${status}` };
}

export function executionOf(told: Exclude<What, { happening: Happening }>) {
  if ("begun" in told) return told.begun;
  return "succeeded" in told ? told.succeeded : told.execution;
}

function identifyHappening({ type, detail }: Happening, requestId: string): Identity {
  switch (type) {
    case "BackupCommitted":
      return { runId: detail.backupId, what: type };
    case "PointVerified":
      return { runId: detail.backupId, what: `${type}-${detail.source}` };
    case "ThawRequested":
    case "ApprovalRequested":
      return { runId: requestIdOf(detail), what: type };
    case "RestoreFinished":
    case "RestoreRolledBack":
      return { runId: detail.restoreId, what: `${type}-${detail.source}` };
    case "BackupRestored":
      return { runId: `restore-all-${detail.execution}`, what: type };
    case "CanarySent":
      return { runId: `${canaryId(new Date(detail.dueAt))}-${detail.attempt}`, what: type };
    case "DigestDue":
      return { runId: digestId(new Date(detail.begin)), what: digestOf(detail.channel) };
    case "IncidentOpened":
      return { runId: detail.incidentId, what: type };
    case "AlarmEscalated":
    case "AlarmRaised":
    case "AlarmRecovered": // the alarm's own record says whether it is news
      return { runId: `alarm-${sha256(requestId).slice(0, 16)}`, what: `${type}-${detail.code}` };
  }
}
