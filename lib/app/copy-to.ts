import type { Hash } from "node:crypto";
import type { Writable } from "node:stream";

/** The reader of a stream ended before the stream did. Its own exit says why. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
}

/**
 * Copies a stream to every sink at the pace of the slowest, counts and hashes it on the way, and closes the sinks at its
 * end. A chunk is not touched again after the next one was asked for. When the source throws, the sinks are destroyed
 * without an end, so that no reader takes a part for the whole.
 */
export async function copyTo(
  bytes: AsyncIterable<Uint8Array>,
  sinks: readonly Writable[],
  count: { bytes: number; hash: Hash },
): Promise<void> {
  const writes = sinks.map(writeTo);
  try {
    for await (const chunk of bytes) {
      const written = Promise.all(writes.map((write) => write(chunk)));
      count.hash.update(chunk);
      count.bytes += chunk.length;
      await written;
    }
    for (const sink of sinks) sink.end();
  } catch (error) {
    for (const sink of sinks) sink.destroy();
    throw error;
  }
}

/** Writes a chunk; resolves when the sink needs it no more. A sink that goes away may never say so itself. */
function writeTo(sink: Writable): (chunk: Uint8Array) => Promise<void> {
  let leave = () => {};
  sink.once("close", () => leave());
  return (chunk) =>
    new Promise((resolve, reject) => {
      leave = () => reject(new ReaderGone("a reader ended before the stream did"));
      if (sink.destroyed || sink.errored) leave();
      else sink.write(chunk, (error) => (error ? leave() : resolve()));
    });
}
