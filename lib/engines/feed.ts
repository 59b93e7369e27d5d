import { pipeline } from "node:stream/promises";
import type { ExitCodes, Input } from "#ports/commands.ts";

/** Hands a stream over and waits until it is taken whole. The stream's own error goes before the reader's. */
export async function feed(bytes: AsyncIterable<Uint8Array>, { stream, exitCodes }: Input): Promise<ExitCodes> {
  let broken: { error: unknown } | undefined;
  const watched = async function* () {
    try {
      yield* bytes;
    } catch (error) {
      broken = { error };
      throw error;
    }
  };
  const [fed, exited] = await Promise.allSettled([pipeline(watched(), stream), exitCodes]);
  if (broken) throw broken.error;
  if (exited.status === "rejected") throw exited.reason;
  if (fed.status === "rejected") throw fed.reason;
  return exited.value;
}
