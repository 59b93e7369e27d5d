import Table from "cli-table3";
import prettyBytes from "pretty-bytes";
import { sha256 } from "#domain/hashes.ts";
import { SourceChecked } from "#domain/outcome.ts";
import { optionsOf, type Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import { ok, problem, type RoomNeeded, type SourceCheck } from "#domain/source-check.ts";
import type { Tasks } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";
import { runByHand } from "./run-by-hand.ts";
import type { Answer } from "./start-backup.ts";

/** In bytes, of the tasks that read points back and restore them. */
export type TaskMemory = { verify: number; restore: number };

type Ports = {
  repository: Repository;
  layout: RepositoryLayout;
  plan: Plan;
  tasks: Tasks;
  captureTask: string;
  memory: TaskMemory;
  stage: string;
};

/** Node, gpg, zstd and the parts of an upload in flight. */
const OWN_MEMORY_BYTES = 400 * 1024 * 1024;
const WIDTH = 110;

/** Runs `check-source` where captures run, with the role that captures have, and waits for its answer. */
export const askForCheck =
  (ports: Ports) =>
  async ({ source }: { source: string }, callId: string): Promise<Answer> => {
    const { engine, section } = optionsOf(ports.plan, source);
    const runId = `check-${sha256(callId).slice(0, 16)}`;
    const input = {
      verb: "check" as const,
      runId,
      task: source,
      source,
      engine,
      section,
    };
    const { judged, stoppedBecause } = await runByHand(ports, ports.captureTask, input, SourceChecked);
    if (!judged.succeeded)
      return answer(
        `${source} could not be checked: ${judged.reason}`,
        { stoppedBecause: stoppedBecause ?? "" },
        judged.reason.startsWith("TaskFailed") ? NO_ANSWER : "Mend that, then check again.",
      );
    const { checks: seen, room } = judged.outcome;
    const checks = [...seen, ...checkMemory(ports.memory, room)];
    const saying = (wanted: SourceCheck["verdict"]) =>
      checks.filter(({ verdict }) => verdict === wanted).map(({ about, says }) => `${about}: ${says}`);
    const problems = saying("problem");
    const figures = { table: tableOf(checks), problems, warnings: saying("warning") };
    if (problems.length > 0)
      return answer(
        `${source} can't be captured: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`,
        figures,
        "Mend each as it says, then check again.",
      );
    const backup = Object.entries(ports.plan.backups).find(([, { sources }]) => sources.includes(source))?.[0];
    return answer(
      `${source} can be captured`,
      figures,
      `npx sls invoke --stage ${ports.stage} -f start-backup -d '${JSON.stringify({ backup, sources: [source] })}'`,
    );
  };

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

/** One line each, since what invokes a function prints JSON, and in JSON a line break reads as `\n`. */
function tableOf(checks: SourceCheck[]): string[] {
  const table = new Table({
    head: ["", "what", "found"],
    colWidths: [null, null, WIDTH],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const { verdict, about, says } of checks) table.push([verdict, about, says]);
  return table.toString().split("\n");
}

const answer = (verdict: string, figures: Record<string, unknown>, next: string): Answer => ({
  verdict,
  figures,
  next,
});
