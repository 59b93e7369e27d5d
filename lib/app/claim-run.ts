import { z } from "zod";
import { parseJson } from "#domain/manifest.ts";
import type { RepositoryLayout } from "#domain/repository-layout.ts";
import type { Repository } from "#ports/repository.ts";

const Claim = z.looseObject({ holder: z.string() });

/** True for the one holder that came first, however often it asks again: retries of the winner win. */
export async function claimRun(
  { repository, layout }: { repository: Repository; layout: RepositoryLayout },
  runId: string,
  holder: string,
): Promise<boolean> {
  const key = layout.claim(runId);
  if ((await repository.create(key, JSON.stringify({ holder }))) === "created") return true;
  const claim = await repository.read(key);
  return claim !== undefined && parseJson(claim, Claim, "claim").holder === holder;
}
