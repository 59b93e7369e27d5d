import Table from "cli-table3";
import pMap from "p-map";
import prettyBytes from "pretty-bytes";
import { isThawed, thawedPercent } from "#domain/archive.ts";
import { durationMs } from "#domain/duration.ts";
import type { Plan } from "#domain/plan.ts";
import { describeMs } from "#domain/progress.ts";
import type { DescribeRestoreByHand } from "#events/by-hand.ts";
import type { Executions } from "#ports/executions.ts";
import type { Clock } from "#ports/log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { type FoundRestore, findRestores, newestRestores } from "./find-restores.ts";
import { type RestoreRecords, readRestore, whatItIsAt } from "./read-restore.ts";
import { readableCause } from "./readable-cause.ts";
import {
  cancelCommand,
  decideCommands,
  describeCommand,
  rollbackCommand,
  startRestoreCommand,
} from "./restore-commands.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & { executions: Executions; restoreMachine: string; plan: Plan; stage: string; clock: Clock };
type Restore = FoundRestore & { records: RestoreRecords };

const AT_ONCE = 4;

/** How a restore stands: one by its id, the newest of a source, or all that run. Throws `InputInvalid` with what there is. */
export const describeRestore =
  (ports: Ports) =>
  async (wanted: DescribeRestoreByHand): Promise<Answer> => {
    const isAboutOne = wanted.restoreId !== undefined || wanted.source !== undefined;
    const running = await findRestores(ports, wanted);
    const found = running.length > 0 ? running : await newestRestores(ports);
    const restores = await pMap(found, async (one) => ({ ...one, records: await readRestore(ports, one.restoreId) }), {
      concurrency: AT_ONCE,
    });
    const figures = { table: tableOf(ports, restores), restores: restores.map((one) => figuresOf(ports, one)) };
    const [only] = restores;
    if (isAboutOne && only) return { verdict: verdictOf(ports, only), figures, next: nextOf(ports, only) };
    const lines = restores.map((one) => verdictOf(ports, one));
    return running.length === 0
      ? { verdict: "No restore runs", figures, next: "Look at one by its restoreId." }
      : { verdict: lines.join("\n"), figures, next: restores.map((one) => nextOf(ports, one)).join("\n") };
  };

type State = "RUNNING" | "RESTORED" | "CANCELLED" | "FAILED";
function stateOf({ execution, records }: Restore): State {
  if (execution.status === "RUNNING") return "RUNNING";
  if (execution.status === "SUCCEEDED") return "RESTORED";
  return records.cancelled ? "CANCELLED" : "FAILED";
}

function verdictOf(ports: Ports, restore: Restore): string {
  const { execution, records, request } = restore;
  const { source, target } = placeOf(ports, restore);
  const { cancelled, evidence, rollback, progress, turn } = records;
  switch (stateOf(restore)) {
    case "RUNNING": {
      if (turn === "cancel") return `RUNNING: the restore of ${source} into ${target} is being cancelled`;
      const left = progress?.loadedAt ? `, ${toGo(ports, progress.loadedAt)}` : thawing(ports, records);
      return `RUNNING: ${source} into ${target}: ${whatItIsAt(records)}${left}`;
    }
    case "RESTORED":
      return rollback
        ? `RESTORED, then rolled back at ${rollback.finishedAt}: ${target} is what it was before`
        : `RESTORED: ${target} holds ${source} as it was at ${evidence?.recoveredTo ?? "the point"}`;
    case "CANCELLED":
      return `CANCELLED by ${cancelled?.requestedBy.claimed ?? "somebody"}, because: ${cancelled?.because}. ${target} is as it was`;
    case "FAILED":
      return `FAILED: ${request ? `${source} into ${target}: ` : ""}${readableCause(execution.cause, execution.error || execution.status)}`;
  }
}

function nextOf({ stage }: Ports, restore: Restore): string {
  const { restoreId, execution, records } = restore;
  switch (stateOf(restore)) {
    case "RUNNING": {
      if (records.turn === "swap")
        return `The swap has begun, and ends by itself. To look again: ${describeCommand(stage, restoreId)}`;
      const stop = `To stop it, with the target as it was: ${cancelCommand(stage, restoreId)}`;
      const { request, decision } = records.approval ?? {};
      return request && !decision
        ? `Somebody else: ${decideCommands(stage, { requestId: restoreId, target: request.target })}\n${stop}`
        : stop;
    }
    case "RESTORED":
      return records.rollback || !records.evidence
        ? "Nothing."
        : `Not what you wanted? ${rollbackCommand(stage, restoreId, records.evidence.target)}`;
    case "CANCELLED":
      return `To start it again: ${startRestoreCommand(stage, execution.input)}`;
    case "FAILED":
      return "See docs/runbooks/RestoreFailed.md";
  }
}

/** What the request said, where nothing was chosen yet. */
function placeOf({ plan }: Ports, { records, request }: Restore) {
  const source = records.chosen?.source ?? request?.source ?? "?";
  return { source, target: records.chosen?.target ?? request?.target ?? plan.sources[source]?.restoreTo ?? "?" };
}

function timesOf({ plan, clock }: Ports, restore: Restore, source: string) {
  const { startedAt, endedAt } = restore.execution;
  const elapsedMs = (endedAt ?? clock()).getTime() - startedAt.getTime();
  const rto = plan.objectives[source]?.rto;
  return { elapsedMs, rto, isLate: rto !== undefined && elapsedMs > durationMs(rto) };
}

const toGo = ({ clock }: Ports, instant: string) => {
  const left = Date.parse(instant) - clock().getTime();
  return left > 0 ? `loaded at about ${instant} (in ${describeMs(left)})` : `was to be loaded at about ${instant}`;
};

/** AWS's own word, not a promise: the restore itself comes after it. */
function thawing({ clock }: Ports, { thaw }: RestoreRecords): string {
  if (!thaw || isThawed(thaw)) return "";
  const left = Date.parse(thaw.expectedBy) - clock().getTime();
  return left > 0
    ? `, expected by ${thaw.expectedBy} (in ${describeMs(left)}), and then it is loaded`
    : `, expected by ${thaw.expectedBy}: it takes longer than AWS says`;
}

function figuresOf(ports: Ports, restore: Restore) {
  const { restoreId, execution, request, records } = restore;
  const { progress, evidence, cancelled, safety } = records;
  const { source, target } = placeOf(ports, restore);
  const { elapsedMs, rto, isLate } = timesOf(ports, restore, source);
  return {
    ...{ restoreId, state: stateOf(restore), source, target, backupId: records.chosen?.backupId ?? "not chosen yet" },
    phase: stateOf(restore) === "RUNNING" ? whatItIsAt(records) : "ended",
    ...(progress && {
      bytes: `${prettyBytes(progress.bytes)} of ${prettyBytes(progress.totalBytes)}`,
      ...{ percent: progress.percent, loadedAt: progress.loadedAt, asOf: progress.at },
    }),
    ...(records.thaw && { thaw: { ...records.thaw, percent: thawedPercent(records.thaw) } }),
    safetyPoint: evidence?.safetyBackupId ?? safety?.backupId ?? "none",
    ...{ startedAt: execution.startedAt.toISOString(), took: describeMs(elapsedMs), rto, isLate },
    requestedBy: request?.requestedBy ?? "nobody said",
    ...(evidence && { phases: evidence.phases, factsCompared: evidence.factsCompared, kept: evidence.kept }),
    ...(cancelled && { cancelled }),
    ...(records.approval && { approval: records.approval }),
    execution: execution.arn,
  };
}

const thawedBy = ({ thaw }: RestoreRecords) => (thaw && !isThawed(thaw) ? thaw.expectedBy : undefined);

/** One line each, since what invokes a function prints JSON, and in JSON a line break reads as `\n`. */
function tableOf(ports: Ports, restores: Restore[]): string[] {
  const table = new Table({
    head: ["restore", "state", "source into target", "at", "to go", "time, RTO"],
    style: { head: [], border: [] },
  });
  for (const restore of restores) {
    const { source, target } = placeOf(ports, restore);
    const { elapsedMs, rto, isLate } = timesOf(ports, restore, source);
    const state = stateOf(restore);
    const { progress } = restore.records;
    const isRunning = state === "RUNNING";
    const until = progress?.loadedAt ?? thawedBy(restore.records);
    table.push([
      ...[restore.restoreId, state, `${source}\n${target}`, isRunning ? whatItIsAt(restore.records) : ""],
      isRunning && until ? describeMs(Date.parse(until) - ports.clock().getTime()) : "",
      `${describeMs(elapsedMs)}${rto === undefined ? "" : `\n${isLate ? "beyond" : "of"} ${rto}`}`,
    ]);
  }
  return table.toString().split("\n");
}
