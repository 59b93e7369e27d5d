import { z } from "zod";
import type { Announcement } from "#domain/announcement.ts";
import { describeError } from "#domain/errors.ts";
import { machineOf, restoreIdOf } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import { sweepNamed } from "#domain/retention-rules.ts";
import type { ExecutionEnded } from "#events/envelopes.ts";
import type { CatalogPorts } from "./catalog.ts";
import { findLatest } from "./find-latest.ts";
import { readableCause } from "./readable-cause.ts";
import { startMachineCommand, startRestoreCommand } from "./restore-commands.ts";

const CAUSE_CHARACTERS = 1_500;

type Ports = CatalogPorts & { stage: string; plan: Plan };
type Execution = ExecutionEnded["detail"];

/** One alarm for one failed execution: what failed and why, what can still be restored, what to do. */
export async function describeFailure(ports: Ports, execution: Execution): Promise<Announcement> {
  const machine = machineOf(execution.stateMachineArn)?.machine ?? "";
  const { stage } = ports;
  const approval = { ApprovalRefused: "was refused", ApprovalExpired: "had no second person in time" }[
    execution.error ?? ""
  ];
  const how = approval ?? { FAILED: "failed", TIMED_OUT: "ran out of time", ABORTED: "was stopped" }[execution.status];
  const cause = readableCause(execution.cause, execution.error ?? execution.status);
  const request = readRequest(execution);
  const restoreId = restoreOf(execution);
  const runs: Record<string, Pick<Announcement, "code" | "title" | "next">> = {
    backup: {
      code: "BackupFailed",
      title: `Backup ${request.backup ?? request.target ?? execution.name} ${how}`,
      next: {
        say: "mend the cause, prove it, then back up at once:",
        command: `npx sls invoke --stage ${stage} -f check-source -d '{"source":"${firstSource(cause)}"}'\nnpx sls invoke --stage ${stage} -f start-backup -d '${JSON.stringify({ backup: request.backup ?? "…" })}'`,
      },
    },
    verify: {
      code: "VerifyFailed",
      title: `Verification of ${request.backupId ?? execution.name} ${how}`,
      next: {
        say: "look at the points; if one is quarantined, back up at once and keep the wrong bytes for inspection:",
        command: `npx sls invoke --stage ${stage} -f list-points -d '{}'`,
      },
    },
    restore: {
      code: "RestoreFailed",
      title: `Restore of ${request.source ?? execution.name} ${how}`,
      next: {
        say: approval
          ? "nothing was touched; speak with whoever may approve it, then start it again:"
          : "the target is as it was unless the cause says otherwise; mend the cause and start it again:",
        command: startRestoreCommand(stage, execution.input ?? "{}"),
      },
    },
    "restore-all": {
      code: "RestoreAllFailed",
      title: `Restore of all of ${request.backupId ?? execution.name} ${how}`,
      next: {
        say: "mend what the failed source's own alarm names, then go on with what is left:",
        command: startRestoreCommand(stage, whatIsLeft(execution, cause)),
      },
    },
    drop: {
      code: "DropFailed",
      title: `Dropping old states ${how}`,
      next: {
        say: approval
          ? "nothing was dropped; speak with whoever may approve it, then start it again:"
          : "nothing is lost: what could not be dropped is still there, and the next run tries again. Mend the cause, or start it now:",
        command: startMachineCommand(execution.stateMachineArn, approval ? (execution.input ?? "{}") : "{}"),
      },
    },
    copy: {
      code: "CopyFailed",
      title: `Copy of ${request.backupId ?? "what was missing"} ${how}`,
      next: {
        say: "the points here are as good as they were; mend the cause, then copy what is missing:",
        command: startMachineCommand(execution.stateMachineArn, "{}"),
      },
    },
    retention: {
      code: "RetentionFailed",
      title: `Sweep of ${sweepNamed(request.where)} ${execution.name} ${how}`,
      next: {
        say: "nothing is lost by it, and the next sweep goes on; mend the cause and look at what it would do:",
        command: `npx sls invoke --stage ${stage} -f plan-retention -d '${JSON.stringify({ where: request.where })}'`,
      },
    },
  };
  const run = (execution.error === "HookFailed" ? hookFailed(stage, request) : runs[machine]) ?? {
    code: "ExecutionFailed",
    title: `${machine} ${execution.name} ${how}`,
    next: { say: "look at the execution." },
  };
  return {
    ...run,
    severity: "critical",
    happened: cause.slice(0, CAUSE_CHARACTERS).split("\n"),
    intact: await describeIntact(ports).catch(
      (error) => `not known: the repository could not be read (${describeError(error).message})`,
    ),
    ...(restoreId && { restore: { restoreId, is: "ended" } }),
    figures: [
      { label: "execution", value: execution.executionArn },
      { label: "runbook", value: `docs/runbooks/${run.code}.md` },
    ],
  };
}

/** The hooks around a run failed; what they were around did not begin, or is done: the cause says which. */
const hookFailed = (stage: string, { backup, source, target }: z.infer<typeof Request>) => ({
  code: "HookFailed",
  title: `A hook around ${backup ?? target ?? source ?? "a run"} failed`,
  next: {
    say: "see that what was stopped runs again; mend the hook; holdfast tries again by itself for an hour, or now:",
    command: `npx sls invoke --stage ${stage} -f resume -d '{"again":true}'`,
  },
});

/** The restore that an execution is; undefined for other machines. */
export function restoreOf(execution: Pick<Execution, "stateMachineArn" | "executionArn" | "startDate">) {
  if (machineOf(execution.stateMachineArn)?.machine !== "restore" || execution.startDate === undefined)
    return undefined;
  return restoreIdOf(execution.executionArn, new Date(execution.startDate));
}

/** The same request, for the sources that are left. */
function whatIsLeft({ input }: Execution, cause: string): string {
  const left = /^Left: (.+)\.$/m.exec(cause)?.[1]?.split(", ");
  try {
    const asked = z.looseObject({}).parse(JSON.parse(input ?? ""));
    return JSON.stringify(left ? { ...asked, sources: left } : asked);
  } catch {
    return "{}";
  }
}

const firstSource = (cause: string) => /^([a-z][a-z0-9-]*): /.exec(cause)?.[1] ?? "…";

/** What a machine was asked for, as far as it can be read. */
const Request = z.looseObject({
  backup: z.string().optional(),
  scheduledTime: z.string().optional(),
  safetyFor: z.string().optional(),
  target: z.string().optional(),
  backupId: z.string().optional(),
  source: z.string().optional(),
  sources: z.unknown().optional(),
  where: z.string().optional(),
  requestedBy: z.string().optional(),
});
export function readRequest({ input }: Pick<Execution, "input">): z.infer<typeof Request> {
  try {
    return Request.parse(JSON.parse(input ?? ""));
  } catch {
    return {};
  }
}

/** What `latest` still is, per source of the plan: a failed run never moves it. */
async function describeIntact(ports: Ports): Promise<string> {
  const found = await findLatest(ports, Object.keys(ports.plan.sources));
  return Object.entries(found)
    .map(([source, { latest }]) =>
      latest
        ? `${source} is restorable to ${latest.recoveredTo.toISOString()} (${latest.backupId})`
        : `${source} has no verified point`,
    )
    .join("; ");
}
