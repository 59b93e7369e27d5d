import type { Hash } from "node:crypto";
import { UploadFailed } from "#domain/errors.ts";
import { MAX_PARTS } from "#domain/part-sizes.ts";

type Part = { number: number; buffer: Buffer };

/**
 * Parts in order, of `sizeOf` bytes each, in a buffer of its own; only the last is shorter. Used buffers of the right size are
 * taken from `spare`. Throws `UploadFailed` for a stream that does not fit into what S3 takes, at the first byte too many.
 */
export async function* cutIntoParts(
  bytes: AsyncIterable<Uint8Array>,
  sizeOf: (part: number) => number,
  whole: Hash,
  spare: Buffer[],
): AsyncGenerator<Part> {
  const bufferFor = (part: number) => {
    const size = sizeOf(part);
    const used = spare.pop();
    return used?.length === size ? used : Buffer.allocUnsafeSlow(size);
  };
  let number = 0;
  let part: Buffer | undefined;
  let filled = 0;
  for await (const chunk of bytes) {
    whole.update(chunk);
    for (let taken = 0; taken < chunk.length; ) {
      if (part === undefined) {
        if (++number > MAX_PARTS) throw new UploadFailed(`The stream does not fit into ${MAX_PARTS} parts`);
        part = bufferFor(number);
        filled = 0;
      }
      const fits = Math.min(part.length - filled, chunk.length - taken);
      part.set(chunk.subarray(taken, taken + fits), filled);
      filled += fits;
      taken += fits;
      if (filled < part.length) continue;
      yield { number, buffer: part };
      part = undefined;
    }
  }
  if (part !== undefined) yield { number, buffer: part.subarray(0, filled) };
}
