import pMap from "p-map";

/**
 * Does all of it, so many at a time. The first failure stops the rest, and is what is thrown, after everything that was
 * begun has ended.
 */
export async function allOrNone<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  { signal, atOnce = Number.POSITIVE_INFINITY }: { signal: AbortSignal; atOnce?: number },
): Promise<Result[]> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const begin = async (item: Item) => {
    either.throwIfAborted();
    try {
      return await work(item, either);
    } catch (error) {
      failed.abort(error); // without effect after the first
      throw error;
    }
  };
  try {
    return await pMap(items, begin, { concurrency: atOnce, stopOnError: false });
  } catch {
    either.throwIfAborted();
    throw failed.signal.reason;
  }
}
