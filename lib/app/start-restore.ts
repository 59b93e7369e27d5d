import { sha256 } from "#domain/hashes.ts";
import type { Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import type { Machines } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";
import { restoringInto } from "./lease-target.ts";
import { targetOf } from "./plan-restore.ts";
import type { Answer } from "./start-backup.ts";

type Ports = {
  repository: Repository;
  layout: RepositoryLayout;
  machines: Machines;
  machine: string;
  plan: Plan;
  stage: string;
};

/**
 * Starts the restore machine, which asks for `confirm` by itself where it is needed. Starts nothing while another restore is
 * at work in the target: the machine would refuse it, and people be told of a failure.
 */
export const startRestore =
  (ports: Ports) =>
  async (input: RestoreRequested, callId: string): Promise<Answer> => {
    const { machines, machine, plan, stage } = ports;
    const { name: target, isLive } = targetOf(plan, input);
    const atWork = await restoringInto(ports, target);
    if (atWork !== undefined)
      return {
        verdict: `Nothing was started: another restore is at work in ${target}`,
        figures: { target, isLive, executionArn: atWork },
        next: "Wait for its end, of which a message tells; or stop it in the Step Functions console.",
      };
    const { executionArn } = await machines.start(machine, `by-hand-${sha256(callId).slice(0, 16)}`, input);
    return {
      verdict: `The restore of ${input.source} into ${target} has been started`,
      figures: { target, isLive, executionArn },
      next: `Follow it in the Step Functions console (holdfast-${stage}-restore); a message tells how it ends.`,
    };
  };
