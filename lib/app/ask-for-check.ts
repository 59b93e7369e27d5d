import { sha256 } from "#domain/hashes.ts";
import { SourceChecked } from "#domain/outcome.ts";
import { optionsOf, type Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { Tasks } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";
import { runByHand } from "./run-by-hand.ts";
import type { Answer } from "./start-backup.ts";

type Ports = {
  repository: Repository;
  layout: RepositoryLayout;
  plan: Plan;
  tasks: Tasks;
  captureTask: string;
  stage: string;
};

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
        "Mend that, then check again.",
      );
    const { problems, findings } = judged.outcome;
    if (problems.length > 0)
      return answer(
        `${source} can't be captured: ${problems.length} problems`,
        { problems, findings },
        "Mend each as it says, then check again.",
      );
    const backup = Object.entries(ports.plan.backups).find(([, { sources }]) => sources.includes(source))?.[0];
    return answer(
      `${source} can be captured`,
      findings,
      `npx sls invoke --stage ${ports.stage} -f start-backup -d '${JSON.stringify({ backup, sources: [source] })}'`,
    );
  };

const answer = (verdict: string, figures: Record<string, unknown>, next: string): Answer => ({
  verdict,
  figures,
  next,
});
