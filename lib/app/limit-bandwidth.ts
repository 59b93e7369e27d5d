import { TokenBucket } from "limiter";

const BURSTS_PER_SECOND = 10;

export type LimitBandwidth = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/**
 * Lets the streams of one source through at so many bytes per second, all of them together, and reads nothing ahead:
 * whoever produces is held back by its own pipe. Without a limit they come as they are.
 */
export function limitBandwidth(bytesPerSecond: number | undefined): LimitBandwidth {
  if (bytesPerSecond === undefined) return (bytes) => bytes;
  const bucketSize = bytesPerSecond / BURSTS_PER_SECOND;
  const bucket = new TokenBucket({ bucketSize, tokensPerInterval: bytesPerSecond, interval: "second" });
  return async function* (bytes) {
    for await (const chunk of bytes)
      for (let from = 0; from < chunk.length; from += bucketSize) {
        const piece = chunk.subarray(from, from + bucketSize);
        await bucket.removeTokens(piece.length);
        yield piece;
      }
  };
}
