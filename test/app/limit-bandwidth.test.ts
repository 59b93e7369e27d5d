import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { limitBandwidth } from "#app/limit-bandwidth.ts";

const CHUNK = 65_536;
const LIMIT = 1_000_000;

/** A source that never ends, and how much was taken from it. */
function endless() {
  const taken = { bytes: 0, isEnded: false };
  async function* bytes() {
    try {
      for (;;) {
        taken.bytes += CHUNK;
        yield new Uint8Array(CHUNK);
      }
    } finally {
      taken.isEnded = true;
    }
  }
  return { taken, bytes: bytes() };
}

async function readFor(milliseconds: number, bytes: AsyncIterable<Uint8Array>) {
  const end = performance.now() + milliseconds;
  for await (const _ of bytes) if (performance.now() > end) break;
}

describe("the bandwidth limit of a source", () => {
  it("AS-27 holds all streams of a source together to its bytes per second, and takes nothing ahead", async () => {
    const limit = limitBandwidth(LIMIT);
    const sources = [endless(), endless()];

    await Promise.all(sources.map(({ bytes }) => readFor(1_000, limit(bytes))));

    const taken = sources.reduce((sum, one) => sum + one.taken.bytes, 0);
    expect(taken).toBeLessThan(LIMIT * 1.2 + 2 * CHUNK);
    expect(taken).toBeGreaterThan(LIMIT * 0.5);
    expect(sources.map((one) => one.taken.isEnded)).toEqual([true, true]);
  });

  it("holds back chunks that are larger than what a tenth of a second may have", async () => {
    async function* large() {
      yield new Uint8Array(LIMIT / 2);
    }
    let bytes = 0;
    const reading = (async () => {
      for await (const piece of limitBandwidth(LIMIT)(large())) bytes += piece.length;
    })();

    await pause(200);
    expect(bytes).toBeLessThan(LIMIT * 0.4);
    await reading;
    expect(bytes).toBe(LIMIT / 2);
  });

  it("leaves a stream as it is where there is no limit", () => {
    const { bytes } = endless();

    expect(limitBandwidth(undefined)(bytes)).toBe(bytes);
  });
});
