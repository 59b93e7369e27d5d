import { InputInvalid } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import type { Plan } from "#domain/plan.ts";
import type { Machines } from "#ports/messaging.ts";

type Ports = { machines: Machines; machine: string; plan: Plan; stage: string };
type Input = { backup: string; sources?: string[] | undefined };
/** What every function that a person calls answers, in this order. */
export type Answer = { verdict: string; figures: Record<string, unknown>; next: string };

/** Starts the backup machine by hand. `callId` names the call: a retried invocation starts nothing twice. */
export const startBackup =
  ({ machines, machine, plan, stage }: Ports) =>
  async ({ backup, sources }: Input, callId: string): Promise<Answer> => {
    if (!plan.backups[backup])
      throw new InputInvalid(
        `backup: there is no backup "${backup}"; the plan has ${Object.keys(plan.backups).join(", ")}`,
      );
    const name = `by-hand-${sha256(callId).slice(0, 16)}`;
    const { executionArn } = await machines.start(machine, name, { backup, ...(sources ? { sources } : {}) });
    return {
      verdict: `Backup ${backup} has been started`,
      figures: { sources: sources ?? plan.backups[backup].sources, executionArn },
      next: `A message tells how it ends. To look: npx sls invoke --stage ${stage} -f list-points -d '{}'`,
    };
  };
