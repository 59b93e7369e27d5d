import { z } from "zod";
import { RestoreCancelled, TargetBusy } from "#domain/errors.ts";
import type { RestoreId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { Repository } from "#ports/repository.ts";
import { claim } from "./claim.ts";

type Ports = { repository: Repository; layout: RepositoryLayout };
const Turn = z.looseObject({ holder: z.enum(["swap", "cancel", "superseded"]) });
export type Turn = z.infer<typeof Turn>["holder"];

/**
 * A restore is either swapped in or not: whoever creates this one object has decided it, for good. Throws `RestoreCancelled` or
 * `TargetBusy`, and nothing may be swapped any more.
 */
export async function claimSwap(ports: Ports, restoreId: RestoreId): Promise<void> {
  if (!(await take(ports, restoreId, "swap"))) await throwIfDecidedAgainst(ports, restoreId);
}

/** False: the swap has begun, and goes on to its end. */
export const claimCancel = (ports: Ports, restoreId: RestoreId) => take(ports, restoreId, "cancel");

/** A later restore has the target's lease: this one, should its task be alive yet, never swaps any more. */
export const claimSuperseded = (ports: Ports, restoreId: RestoreId) => take(ports, restoreId, "superseded");

/** For states that have not come to the swap: there is no need to go on. */
export async function throwIfDecidedAgainst(ports: Ports, restoreId: RestoreId): Promise<void> {
  const turn = await turnOf(ports, restoreId);
  if (turn === "cancel")
    throw new RestoreCancelled(`${restoreId} was cancelled before its swap. The target is as it was`);
  if (turn === "superseded")
    throw new TargetBusy(
      `${restoreId}: its execution has ended, and another restore has taken over. It swaps nothing in`,
    );
}

/** Undefined: not decided yet. */
export async function turnOf({ repository, layout }: Ports, restoreId: RestoreId): Promise<Turn | undefined> {
  const there = await repository.read(layout.swapOrCancel(restoreId));
  return there && parseJson(there, Turn, "claim").holder;
}

const take = ({ repository, layout }: Ports, restoreId: RestoreId, turn: Turn) =>
  claim(repository, layout.swapOrCancel(restoreId), turn);
