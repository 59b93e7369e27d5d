import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_PARTS, MIN_PART_BYTES, partBytes } from "#domain/part-sizes.ts";

const TIB = 1024 ** 4;

/** What fits into an upload whose size was expected to be `expected`. */
function capacity(expected: number): number {
  let sum = 0;
  for (let number = 1; number <= MAX_PARTS; number++) sum += partBytes(number, expected);
  return sum;
}

describe("part sizes", () => {
  it("U10 let any expected size fit into 10,000 parts", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 * TIB }), (expected) => capacity(expected) >= expected),
      { numRuns: 50 },
    );
  });

  it("U10 let a stream that nobody expected to be large reach 800 GiB", () => {
    expect(capacity(0)).toBeGreaterThan(800 * 1024 ** 3);
  });

  it("stay within what S3 takes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: MAX_PARTS }), fc.integer({ min: 0, max: 40 * TIB }), (number, expected) => {
        const bytes = partBytes(number, expected);
        return bytes >= MIN_PART_BYTES && bytes <= 5 * 1024 ** 3;
      }),
    );
  });
});
