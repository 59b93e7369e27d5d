import { z } from "zod";
import { TargetBusy } from "#domain/errors.ts";
import { RestoreId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { Machines } from "#ports/messaging.ts";
import type { Repository } from "#ports/repository.ts";
import { highestNumber } from "./highest-number.ts";
import { claimSuperseded } from "./swap-or-cancel.ts";

type Ports = { repository: Repository; layout: RepositoryLayout; machines: Machines };
const Lease = z.looseObject({ holder: z.string(), restoreId: RestoreId.optional() });
type Wanting = { executionArn: string; restoreId: RestoreId };

/**
 * One restore per target at a time. A lease is the next number below the target's folder, so that two who want it never both
 * get it, and it ends with its execution, however that ends: nobody gives it back, and nothing is written over. A task may
 * outlive its execution, paused or cut off: before the lease is taken over, the swap of whoever had it is decided against.
 * Idempotent for the execution that holds it. Throws `TargetBusy`, which names the execution that is at work.
 */
export async function leaseTarget(ports: Ports, target: string, { executionArn, restoreId }: Wanting): Promise<void> {
  for (;;) {
    const { number, holder, restoreId: before } = await newestLease(ports, target);
    if (holder === executionArn) return;
    if (holder !== undefined && (await ports.machines.isRunning(holder)))
      throw new TargetBusy(
        `${target} is being restored by ${holder}; nothing was touched. Wait for its end, or stop it`,
      );
    if (before !== undefined) await claimSuperseded(ports, before); // no, where it has swapped long ago
    const mine = JSON.stringify({ holder: executionArn, restoreId });
    if ((await ports.repository.create(ports.layout.lease(target, number + 1), mine)) === "created") return;
  }
}

/** The execution that is restoring into the target now, if any. */
export async function restoringInto(ports: Ports, target: string): Promise<string | undefined> {
  const { holder } = await newestLease(ports, target);
  return holder !== undefined && (await ports.machines.isRunning(holder)) ? holder : undefined;
}

async function newestLease({ repository, layout }: Ports, target: string) {
  const number = (await highestNumber(repository, layout.leases(target))) ?? 0;
  const bytes = number === 0 ? undefined : await repository.read(layout.lease(target, number));
  const lease = bytes && parseJson(bytes, Lease, "lease");
  return { number, holder: lease?.holder, restoreId: lease?.restoreId };
}
