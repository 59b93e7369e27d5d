import type { Captured } from "#domain/outcome.ts";
import type { Repository } from "#ports/repository.ts";

/** What S3 bears of the clocks of those who sign their requests: `RequestTimeTooSkewed` beyond. */
const MAY_BE_OFF_MS = 5 * 60_000;

/**
 * The instants that a capture tells against those of S3's own clock: none before its task was stored, none after its outcome
 * was. By what is told then, ages are counted and points are let go of. Empty when all agree.
 */
export async function checkClock(
  repository: Repository,
  { task, outcome }: Record<"task" | "outcome", string>,
  { startedAt, recoveredTo, finishedAt }: Captured,
): Promise<string[]> {
  const [begun, ended] = await Promise.all([storedAt(repository, task), storedAt(repository, outcome)]);
  if (!begun || !ended) return [`ClockJumped: S3 tells no instant of ${begun ? outcome : task}`];
  const odd = Object.entries({ startedAt, recoveredTo, finishedAt }).filter(
    ([, at]) =>
      !(Date.parse(at) >= begun.getTime() - MAY_BE_OFF_MS && Date.parse(at) <= ended.getTime() + MAY_BE_OFF_MS),
  );
  if (odd.length === 0) return [];
  const told = odd.map(([name, at]) => `${name} ${at}`).join(", ");
  return [`ClockJumped: it tells of ${told}; by S3's clock it was ${begun.toISOString()} to ${ended.toISOString()}`];
}

/** Nothing is written over: the first version is the one that was written. */
const storedAt = async (repository: Repository, key: string) => (await repository.history(key))?.versions.at(-1)?.at;
