import type { Writable } from "node:stream";
import { FormatIncomplete } from "#domain/errors.ts";
import type { ExitCodes, Input } from "#ports/commands.ts";

/**
 * Hands a stream over and waits until it is taken whole. The stream's own error goes before the reader's. A reader that has
 * its last byte may be gone before the stream has ended, since its hashes are compared after that: its exit decides.
 */
export async function feed(bytes: AsyncIterable<Uint8Array>, { stream, exitCodes }: Input): Promise<ExitCodes> {
  let broken: { error: unknown } | undefined;
  const write = writeTo(stream);
  const handOver = async () => {
    try {
      for await (const chunk of bytes) if (!(await write(chunk))) return false;
    } catch (error) {
      broken = { error };
      stream.destroy();
      return false;
    }
    stream.end();
    return true;
  };
  const [handed, exited] = await Promise.allSettled([handOver(), exitCodes]);
  if (broken) throw broken.error;
  if (exited.status === "rejected") throw exited.reason;
  if (handed.status === "rejected") throw handed.reason;
  if (!handed.value) throw new FormatIncomplete("its reader ended well before the stream did");
  return exited.value;
}

/** Resolves to `false` where the reader has gone; a stream that is closed may never call back. */
function writeTo(stream: Writable): (chunk: Uint8Array) => Promise<boolean> {
  let leave = () => {};
  stream.once("close", () => leave());
  return (chunk) =>
    new Promise((resolve) => {
      leave = () => resolve(false);
      if (stream.destroyed || stream.errored) leave();
      else stream.write(chunk, (error) => resolve(!error));
    });
}
