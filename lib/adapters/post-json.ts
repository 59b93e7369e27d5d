import pRetry, { AbortError } from "p-retry";
import { guardedFetch } from "./guarded-fetch.ts";

/** A try may take so long; a call is tried so often more. */
const PATIENCE = { timeoutMs: 10_000, retries: 2, minTimeout: 500, maxTimeout: 5_000 };

/**
 * Posts JSON to where the plan lets it lead. What may pass is tried again: no answer, 429 and 5xx. Throws an `Error` with the
 * status otherwise, without the body of the answer.
 */
export async function postJson(
  { origin, url }: { origin: string; url: string },
  body: string,
  headers: Record<string, string> = {},
  { timeoutMs, ...patience } = PATIENCE,
): Promise<void> {
  const call = guardedFetch(origin);
  await pRetry(async () => {
    const signal = AbortSignal.timeout(timeoutMs);
    const answer = await call(url, {
      ...{ method: "POST", body, signal },
      headers: { "content-type": "application/json", ...headers },
    });
    await answer.body?.cancel();
    if (answer.ok) return;
    const error = new Error(`it answered ${answer.status}`);
    throw answer.status === 429 || answer.status >= 500 ? error : new AbortError(error);
  }, patience);
}
