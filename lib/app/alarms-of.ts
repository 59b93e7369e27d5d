import type { Raised } from "#domain/alarm.ts";
import { machineOf, startOf } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import { sweepNamed } from "#domain/retention-rules.ts";
import type { ExecutionEnded, ExecutionSucceeded } from "#events/envelopes.ts";
import type { GoodSign } from "./alarm-log.ts";
import { readRequest } from "./describe-failure.ts";
import { readableCause } from "./readable-cause.ts";
import { executionOf, type What } from "./what-happened.ts";

type Failed = ExecutionEnded["detail"];

/**
 * Whose alarm a failed execution is, and which problem: a schedule that fails again is the same problem; what a person has
 * started and waits for, and a verification of another backup, are others.
 */
export function alarmsOfFailure(plan: Plan, execution: Failed, code: string): Raised & { sources: string[] } {
  const machine = machineOf(execution.stateMachineArn)?.machine ?? "";
  const { scheduledTime, backupId, sources: some, ...request } = readRequest(execution);
  const isScheduled = scheduledTime !== undefined && some === undefined; // only people ask for some sources
  const isRepeatable = ["drop", "retention", "copy"].includes(machine) || isScheduled;
  const problem = machine === "verify" && backupId !== undefined ? backupId : isRepeatable ? code : execution.name;
  return {
    severity: "critical",
    problem: code === "HookFailed" ? execution.name : problem,
    sources: sourcesOf(plan, execution, machine, request),
  };
}

function sourcesOf(
  { sources, targets, backups }: Plan,
  { cause, error, status }: Failed,
  machine: string,
  { source, target, backup, where }: Partial<Record<"source" | "target" | "backup" | "where", string | undefined>>,
): string[] {
  if (machine === "copy") return [machine]; // that a newer point could be copied does not end it
  if (machine === "retention") return [sweepNamed(where)];
  if (source !== undefined) return [source];
  if (machine !== "backup" && machine !== "verify") return [machine];
  const lines = readableCause(cause, error ?? status).split("\n");
  const named = lines.flatMap((line) => /^([a-z][a-z0-9-]*): /.exec(line)?.[1] ?? []);
  const known = [...new Set(named)].filter((name) => name in sources || name in targets);
  if (known.length > 0) return known;
  if (target !== undefined) return [target]; // a safety point
  return backups[backup ?? ""]?.sources ?? [machine];
}

/** The alarms that this ends. */
export function goodSigns(told: What): GoodSign[] {
  if ("succeeded" in told) return signsOfSuccess(told.succeeded);
  if (!("happening" in told)) return [];
  const { type, detail } = told.happening;
  switch (type) {
    case "AlarmRecovered":
      return [{ source: detail.source, code: detail.code }];
    case "PointVerified": {
      const { source, backupId } = detail;
      const begunAt = startOf(backupId).getTime();
      return [
        { source, code: "BackupFailed", isOver: ({ openedAt }) => begunAt > Date.parse(openedAt) },
        { source, code: "VerifyFailed", isOver: ({ problems }) => problems.every((failed) => failed <= backupId) },
      ];
    }
    case "RestoreFinished":
      return [{ source: detail.source, code: "RestoreFailed" }];
    case "BackupRestored":
      return [{ source: "restore-all", code: "RestoreAllFailed" }];
    default:
      return [];
  }
}

/** A machine ends what its failure has opened: `drop` ends `DropFailed`. */
function signsOfSuccess(execution: ExecutionSucceeded["detail"]): GoodSign[] {
  const machine = machineOf(execution.stateMachineArn)?.machine ?? "";
  const request = readRequest(execution);
  const { source = machine === "retention" ? sweepNamed(request.where) : machine } = request;
  const code = `${machine.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())}Failed`;
  return [
    { source, code },
    { source, code: "ExecutionFailed" },
  ];
}

/** Of a good sign, in a sentence. */
export function whyItEnds(told: What): string {
  if (!("happening" in told)) return `${executionOf(told).name} has succeeded.`;
  const { type, detail } = told.happening;
  switch (type) {
    case "AlarmRecovered":
      return detail.message;
    case "PointVerified":
      return `A newer point, ${detail.backupId}, was captured and read back.`;
    default:
      return "The same was done again, and went well.";
  }
}
