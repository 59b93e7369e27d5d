import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { cutIntoParts } from "#app/cut-into-parts.ts";
import { sha256 } from "#domain/hashes.ts";
import { MAX_PARTS } from "#domain/part-sizes.ts";

const PART = 4;

/** Every part that comes of a stream of so many bytes, handed over in chunks of seven, and why no more came. */
async function cut(bytes: number) {
  const stream = Buffer.alloc(bytes).map((_, index) => index % 251);
  const whole = createHash("sha256");
  const spare: Buffer[] = [];
  const parts: Buffer[] = [];
  async function* chunks() {
    for (let from = 0; from < bytes; from += 7) yield stream.subarray(from, from + 7);
  }
  let error: unknown;
  try {
    for await (const { number, buffer } of cutIntoParts(chunks(), () => PART, whole, spare)) {
      expect(number).toBe(parts.length + 1);
      parts.push(Buffer.from(buffer));
      spare.push(buffer);
    }
  } catch (thrown) {
    error = thrown;
  }
  return { stream, parts, error, hash: whole.digest("hex") };
}

describe("cutting a stream into parts", () => {
  it.each([
    { what: "nothing", bytes: 0, parts: 0 },
    { what: "less than one part", bytes: PART - 1, parts: 1 },
    { what: "exactly one part", bytes: PART, parts: 1 },
    { what: "an exact multiple of the part size", bytes: 7 * PART, parts: 7 },
    { what: "a byte more than a multiple", bytes: 7 * PART + 1, parts: 8 },
    { what: "exactly as much as S3 takes", bytes: MAX_PARTS * PART, parts: MAX_PARTS },
  ])("U10 loses no byte of $what, and makes no empty part", async ({ bytes, parts: expected }) => {
    const { stream, parts, error, hash } = await cut(bytes);

    expect(error).toBeUndefined();
    expect(parts).toHaveLength(expected);
    expect(Buffer.concat(parts).equals(stream)).toBe(true);
    expect(hash).toBe(sha256(stream));
  });

  it("U10 fails at the first byte for which S3 has no part left, instead of leaving it out", async () => {
    const { parts, error } = await cut(MAX_PARTS * PART + 1);

    expect(error).toMatchObject({ name: "UploadFailed", message: "The stream does not fit into 10000 parts" });
    expect(parts).toHaveLength(MAX_PARTS);
  });
});
