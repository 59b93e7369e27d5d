import { z } from "zod";
import { parseJson } from "#domain/manifest.ts";
import type { Repository } from "#ports/repository.ts";

const Claim = z.looseObject({ holder: z.string() });

/** True for the one holder that came first, however often it asks again: retries of the winner win. */
export async function claim(repository: Repository, key: string, holder: string): Promise<boolean> {
  if ((await repository.create(key, JSON.stringify({ holder }))) === "created") return true;
  const there = await repository.read(key);
  return there !== undefined && parseJson(there, Claim, "claim").holder === holder;
}
