import { z } from "zod";
import { RestoreCancelled } from "#domain/errors.ts";
import type { RestoreId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { Repository } from "#ports/repository.ts";
import { claim } from "./claim.ts";

type Ports = { repository: Repository; layout: RepositoryLayout };
const Turn = z.looseObject({ holder: z.enum(["swap", "cancel"]) });
export type Turn = z.infer<typeof Turn>["holder"];

/**
 * A restore is either swapped in or cancelled: whoever creates this one object has decided it, for good. Throws
 * `RestoreCancelled`, and nothing may be swapped any more.
 */
export async function claimSwap(ports: Ports, restoreId: RestoreId): Promise<void> {
  if (!(await take(ports, restoreId, "swap"))) throw cancelled(restoreId);
}

/** False: the swap has begun, and goes on to its end. */
export const claimCancel = (ports: Ports, restoreId: RestoreId) => take(ports, restoreId, "cancel");

/** For states that have not come to the swap: there is no need to go on. */
export async function throwIfCancelled(ports: Ports, restoreId: RestoreId): Promise<void> {
  if ((await turnOf(ports, restoreId)) === "cancel") throw cancelled(restoreId);
}

/** Undefined: not decided yet. */
export async function turnOf({ repository, layout }: Ports, restoreId: RestoreId): Promise<Turn | undefined> {
  const there = await repository.read(layout.swapOrCancel(restoreId));
  return there && parseJson(there, Turn, "claim").holder;
}

const take = ({ repository, layout }: Ports, restoreId: RestoreId, turn: Turn) =>
  claim(repository, layout.swapOrCancel(restoreId), turn);

const cancelled = (restoreId: RestoreId) =>
  new RestoreCancelled(`${restoreId} was cancelled before its swap. The target is as it was`);
