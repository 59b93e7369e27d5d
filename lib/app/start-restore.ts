import { waitsForApproval, whoAsksProblem } from "#domain/approval.ts";
import { InputInvalid } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import type { Plan } from "#domain/plan.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { RestoreAllRequested, RestoreRequested } from "#events/restore-requested.ts";
import type { Machines } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";
import { restoringInto } from "./lease-target.ts";
import { placeOfCopy } from "./open-copy.ts";
import { targetOf } from "./plan-restore.ts";
import type { Answer } from "./start-backup.ts";

type Ports = {
  repository: Repository;
  layout: RepositoryLayout;
  machines: Machines;
  machine: string;
  machineForAll: string;
  plan: Plan;
  stage: string;
};

/**
 * Starts the machine for one source, or that for a whole backup; each asks for `confirm` by itself where it is needed. Starts
 * nothing while another restore is at work in the target: the machine would refuse it, and people be told of a failure.
 */
export const startRestore =
  (ports: Ports) =>
  async (input: RestoreRequested | RestoreAllRequested, callId: string): Promise<Answer> => {
    const { machines, machine, machineForAll, plan, stage } = ports;
    const name = `by-hand-${sha256(callId).slice(0, 16)}`;
    if ("sources" in input) {
      const { executionArn } = await machines.start(machineForAll, name, input);
      return {
        verdict: `The restore of ${input.backupId} has been started, one source after another`,
        figures: { sources: input.sources, targets: input.targets, executionArn },
        next: `Follow it in the Step Functions console (holdfast-${stage}-restore-all); a message tells how each source ends, and one how all ended.`,
      };
    }
    const { name: target, isLive } = targetOf(plan, input);
    placeOfCopy(plan, input.from);
    const nameless = whoAsksProblem(plan, stage, target, input);
    if (nameless !== undefined) throw new InputInvalid(nameless);
    const atWork = await restoringInto(ports, target);
    if (atWork !== undefined)
      return {
        verdict: `Nothing was started: another restore is at work in ${target}`,
        figures: { target, isLive, executionArn: atWork },
        next: `Wait for its end, of which a message tells; or look at what runs, and how to stop it: npx sls invoke --stage ${stage} -f describe-restore -d '{}'`,
      };
    const { executionArn } = await machines.start(machine, name, input);
    return {
      verdict: `The restore of ${input.source} into ${target} has been started`,
      figures: { target, isLive, executionArn },
      next: `${waitsForApproval(plan, stage, target) && !input.breakGlass ? "It waits for a second person, who gets a message with the command\n" : ""}How far it is: npx sls invoke --stage ${stage} -f describe-restore -d '{"source":"${input.source}"}'\nA message tells how it ends.`,
    };
  };
