/** S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const MAX_PARTS = 10_000;
const MIB = 1024 * 1024;
export const MIN_PART_BYTES = 5 * MIB;
const MAX_PART_BYTES = 5 * 1024 * MIB;
const DEFAULT_PART_BYTES = 8 * MIB;

/**
 * Bytes of part `number` (from 1) of an upload of about `expectedBytes`. The size follows the expectation, and grows by
 * half after every 1,000 parts, so that a stream that is larger than anyone expected still fits into 10,000 parts.
 */
export function partBytes(number: number, expectedBytes = 0): number {
  const even = Math.ceil((expectedBytes * 1.25) / MAX_PARTS / MIB) * MIB;
  const first = Math.max(DEFAULT_PART_BYTES, MIN_PART_BYTES, even);
  const grown = first * 1.5 ** Math.floor((number - 1) / 1_000);
  return Math.min(MAX_PART_BYTES, Math.ceil(grown / MIB) * MIB);
}
