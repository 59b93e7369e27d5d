import { sha256 } from "#domain/hashes.ts";
import type { Plan } from "#domain/plan.ts";
import type { RestoreRequested } from "#events/restore-requested.ts";
import type { Machines } from "#ports/messaging.ts";
import { targetOf } from "./plan-restore.ts";
import type { Answer } from "./start-backup.ts";

type Ports = { machines: Machines; machine: string; plan: Plan; stage: string };

/** Starts the restore machine; which asks for `confirm` by itself where it is needed. */
export const startRestore =
  ({ machines, machine, plan, stage }: Ports) =>
  async (input: RestoreRequested, callId: string): Promise<Answer> => {
    const { name: target, isLive } = targetOf(plan, input);
    const { executionArn } = await machines.start(machine, `by-hand-${sha256(callId).slice(0, 16)}`, input);
    return {
      verdict: `The restore of ${input.source} into ${target} has been started`,
      figures: { target, isLive, executionArn },
      next: `How far it is: npx sls invoke --stage ${stage} -f describe-restore -d '{"source":"${input.source}"}'\nA message tells how it ends.`,
    };
  };
