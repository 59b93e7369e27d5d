import { createCipheriv, createHash } from "node:crypto";

/** Bytes that the seed decides. Half of each `unit` are zeros, so that compression halves them, as it does most data. */
export function* seededBytes(seed: string, bytes: number, unit = 1 << 20): Generator<Buffer> {
  const key = createHash("sha256").update(seed).digest();
  const cipher = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  const zeros = Buffer.alloc(unit);
  for (let left = bytes; left > 0; left -= unit) {
    const size = Math.min(unit, left);
    const random = cipher.update(zeros.subarray(0, Math.ceil(size / 2)));
    yield Buffer.concat([random, zeros.subarray(random.length, size)]);
  }
}
