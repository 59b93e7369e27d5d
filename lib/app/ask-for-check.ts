import prettyBytes from "pretty-bytes";
import { sha256 } from "#domain/hashes.ts";
import { SourceChecked } from "#domain/outcome.ts";
import { optionsOf, type Plan } from "#domain/plan.ts";
import { chooseLatest } from "#domain/recovery-point.ts";
import { ok, problem, type RoomNeeded, type SourceCheck } from "#domain/source-check.ts";
import type { CheckByHand } from "#events/by-hand.ts";
import type { Tasks } from "#ports/messaging.ts";
import { type CatalogPorts, readCatalog } from "./catalog.ts";
import { describeChecks } from "./describe-checks.ts";
import { targetOf } from "./plan-restore.ts";
import { startRestoreCommand } from "./restore-commands.ts";
import { runByHand } from "./run-by-hand.ts";
import type { Answer } from "./start-backup.ts";
import type { NotReading } from "./store-task-input.ts";

/** In bytes, of the tasks that read points back and restore them. */
export type TaskMemory = { verify: number; restore: number };

type TaskKind = { tasks: Tasks; definition: string };
type Ports = CatalogPorts & {
  plan: Plan;
  captures: TaskKind;
  restores: TaskKind;
  memory: TaskMemory;
  stage: string;
};

/** Node, gpg, zstd and the parts of an upload in flight. */
const OWN_MEMORY_BYTES = 400 * 1024 * 1024;

/** Runs `check-source` where captures or restores run, with the role that they have, and waits for its answer. */
export const askForCheck =
  (ports: Ports) =>
  async ({ source, target }: CheckByHand, callId: string): Promise<Answer> => {
    const runId = `check-${sha256(callId).slice(0, 16)}`;
    if (target !== undefined) return askOfTarget(ports, target, runId);
    return askOfSource(ports, source ?? "", runId);
  };

async function askOfSource(ports: Ports, source: string, runId: string): Promise<Answer> {
  const { engine, section } = optionsOf(ports.plan, source);
  const input = { verb: "check" as const, runId, task: source, source, engine, section };
  const backup = Object.entries(ports.plan.backups).find(([, { sources }]) => sources.includes(source))?.[0];
  const next = `npx sls invoke --stage ${ports.stage} -f start-backup -d '${JSON.stringify({ backup, sources: [source] })}'`;
  return ask(ports, ports.captures, input, { name: source, can: "be captured", next });
}

/** Held against the points that restores into it would take now: of what is restored there, or lives there. */
async function askOfTarget(ports: Ports, target: string, runId: string): Promise<Answer> {
  const { engine, section } = targetOf(ports.plan, { source: target, target });
  const sources = Object.entries(ports.plan.sources)
    .filter(([name, { restoreTo }]) => restoreTo === target || name === ports.plan.targets[target]?.source)
    .map(([name]) => name);
  const found = await Promise.all(
    sources.map(async (source) => chooseLatest((await readCatalog(ports, { source })).points).latest ?? []),
  );
  const points = found.flat().map(({ source, backupId }) => ({ source, backupId }));
  const input = { verb: "check-target" as const, runId, task: target, source: target, engine, target, section, points };
  const request = JSON.stringify({ source: sources[0] ?? "…", target });
  const next = startRestoreCommand(ports.stage, request);
  return ask(ports, ports.restores, input, { name: target, can: "take a restore", next });
}

async function ask(
  ports: Ports,
  { tasks, definition }: TaskKind,
  input: NotReading,
  about: { name: string; can: string; next: string },
): Promise<Answer> {
  const { judged, stoppedBecause } = await runByHand({ ...ports, tasks }, definition, input, SourceChecked);
  if (!judged.succeeded)
    return {
      verdict: `${about.name} could not be checked: ${judged.reason}`,
      figures: { stoppedBecause: stoppedBecause ?? "" },
      next: judged.reason.startsWith("TaskFailed") ? NO_ANSWER : "Mend that, then check again.",
    };
  const { checks, room } = judged.outcome;
  return describeChecks([...checks, ...checkMemory(ports.memory, room)], about);
}

const NO_ANSWER =
  "A task that starts and says nothing could not reach S3, from which it is told what to do and to which it answers: see that its " +
  "subnets have a gateway endpoint for S3 or a NAT gateway. Its log group is holdfast's own, ending in /tasks.";

/** What reading a point back, or restoring it, will take of tasks whose memory the deployment has set. */
function checkMemory(memory: TaskMemory, room: RoomNeeded | undefined): SourceCheck[] {
  if (!room) return [];
  const check = (verb: "verify" | "restore", needed: number): SourceCheck => {
    const has = memory[verb];
    const says = `${prettyBytes(needed)} and what the task itself takes, of ${prettyBytes(has)}`;
    return needed + OWN_MEMORY_BYTES > has
      ? problem(
          `memory to ${verb}`,
          `${says}: raise ${verb}Memory (and ${verb}Cpu with it) in serverless.yml, and deploy`,
        )
      : ok(`memory to ${verb}`, says);
  };
  return [check("verify", room.verifyMemoryBytes), check("restore", room.restoreMemoryBytes)];
}
