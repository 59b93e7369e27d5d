import { sha256 } from "#domain/hashes.ts";
import type { Plan } from "#domain/plan.ts";
import type { RestoreAllRequested, RestoreRequested } from "#events/restore-requested.ts";
import type { Machines } from "#ports/messaging.ts";
import { targetOf } from "./plan-restore.ts";
import type { Answer } from "./start-backup.ts";

type Ports = { machines: Machines; machine: string; machineForAll: string; plan: Plan; stage: string };

/** Starts the machine for one source, or that for a whole backup; each asks for `confirm` by itself where it is needed. */
export const startRestore =
  ({ machines, machine, machineForAll, plan, stage }: Ports) =>
  async (input: RestoreRequested | RestoreAllRequested, callId: string): Promise<Answer> => {
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
    const { executionArn } = await machines.start(machine, name, input);
    return {
      verdict: `The restore of ${input.source} into ${target} has been started`,
      figures: { target, isLive, executionArn },
      next: `Follow it in the Step Functions console (holdfast-${stage}-restore); a message tells how it ends.`,
    };
  };
