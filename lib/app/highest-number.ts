import type { Repository } from "#ports/repository.ts";

/**
 * The highest number that stands right after `start` and before a dot in a key: `3` of `…/lease-3.json` for `…/lease-`. Some below
 * it may be gone. Undefined where there is none.
 */
export async function highestNumber(repository: Pick<Repository, "list">, start: string): Promise<number | undefined> {
  let highest: number | undefined;
  for await (const key of repository.list(start)) {
    const [, digits] = /^(\d+)\./.exec(key.slice(start.length)) ?? [];
    if (digits !== undefined && Number(digits) >= (highest ?? 0)) highest = Number(digits);
  }
  return highest;
}
