import type { Hash } from "node:crypto";
import type { Writable } from "node:stream";

/** The reader of a stream ended before the stream did. Its own exit says why. */
export class ReaderGone extends Error {
  override readonly name = "ReaderGone";
}

/**
 * Copies a stream to every sink at the pace of the slowest, counts and hashes it on the way, and closes the sinks at its
 * end. When the source throws, the sinks are destroyed without an end, so that no reader takes a part for the whole.
 */
export async function copyTo(
  bytes: AsyncIterable<Uint8Array>,
  sinks: readonly Writable[],
  count: { bytes: number; hash: Hash },
): Promise<void> {
  try {
    for await (const chunk of bytes) {
      count.hash.update(chunk);
      count.bytes += chunk.length;
      const full = sinks.filter((sink) => !write(sink, chunk));
      if (full.length > 0) await Promise.all(full.map(drained));
    }
    for (const sink of sinks) sink.end();
  } catch (error) {
    for (const sink of sinks) sink.destroy();
    throw error;
  }
}

function write(sink: Writable, chunk: Uint8Array): boolean {
  if (sink.destroyed || sink.errored) throw new ReaderGone("a reader ended before the stream did");
  return sink.write(chunk);
}

function drained(sink: Writable): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (how: () => void) => () => {
      sink.off("drain", onDrain).off("close", onClose);
      how();
    };
    const onDrain = settle(resolve);
    const onClose = settle(() => reject(new ReaderGone("a reader ended before the stream did")));
    if (sink.destroyed) return onClose();
    sink.on("drain", onDrain).on("close", onClose);
  });
}
