import { describeError } from "#domain/errors.ts";
import { problem, type SourceCheck } from "#domain/source-check.ts";
import type { Reach } from "#ports/engine.ts";
import type { Clock } from "#ports/log.ts";
import type { Surroundings } from "#ports/surroundings.ts";
import { type AwsProbes, checkSecret } from "./check-aws.ts";
import { checkRoute } from "./check-route.ts";

type Ports = { probes: AwsProbes; surroundings: Surroundings; clock: Clock };

/** A tree of millions of files takes its time; whoever asked waits for a quarter of an hour. */
const PATIENCE_MS = 600_000;

const NO_END =
  "it did not answer to the end in the time that a check has: is it stopped, overloaded, or not what the plan takes it for?";

/**
 * Way, TLS and secret of a source or a target. `wrong` names what is: without a way, a TLS that can be trusted and a login its
 * engine could only say the same in its own words.
 */
export async function checkReach(
  { surroundings, probes, clock }: Ports,
  { endpoint, secret }: Reach,
): Promise<{ checks: SourceCheck[]; wrong: string[] }> {
  const [route, login] = await Promise.all([
    endpoint ? checkRoute(surroundings, endpoint, clock()) : [],
    secret === undefined ? undefined : checkSecret(probes, secret),
  ]);
  const checks = login ? [...route, login] : route;
  return { checks, wrong: checks.filter(({ verdict }) => verdict === "problem").map(({ about }) => about) };
}

/** What an engine finds out in the time that it has, or the line of the table that says why there is nothing. */
export async function patiently<T>(
  about: string,
  stopped: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<T | SourceCheck> {
  const patience = AbortSignal.timeout(patienceMs);
  try {
    const found = await ask(AbortSignal.any([stopped, patience]));
    patience.throwIfAborted();
    return found;
  } catch (error) {
    stopped.throwIfAborted();
    if (patience.aborted) return problem(about, NO_END);
    const { name, message } = describeError(error);
    return problem(about, `${name}: ${message}`);
  }
}
