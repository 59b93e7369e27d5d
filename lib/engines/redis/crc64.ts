/**
 * The CRC-64 that Redis puts at the end of an RDB: polynomial 0xad93d23594c935a9 (Jones), reflected, starting at 0, no
 * final XOR. Source: Redis `src/crc64.c`; `crc64("123456789")` is e9c6d914c4b8d9ca there.
 */
export type Crc64 = { high: number; low: number };

export const crc64Start: Crc64 = { high: 0, low: 0 };

/** Goes on from `crc` over `bytes[from, to)`: eight bytes a step, in 32-bit halves, since BigInt is fifty times slower. */
export function crc64(crc: Crc64, bytes: Uint8Array, from = 0, to = bytes.length): Crc64 {
  let low = crc.low | 0;
  let high = crc.high | 0;
  let at = from;
  if (to - from >= 8) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (; at + 8 <= to; at += 8) {
      const x = low ^ view.getInt32(at, true);
      const y = high ^ view.getInt32(at + 4, true);
      const a = (7 << 8) | (x & 255);
      const b = (6 << 8) | ((x >>> 8) & 255);
      const c = (5 << 8) | ((x >>> 16) & 255);
      const d = (4 << 8) | (x >>> 24);
      const e = (3 << 8) | (y & 255);
      const f = (2 << 8) | ((y >>> 8) & 255);
      const g = (1 << 8) | ((y >>> 16) & 255);
      const h = y >>> 24;
      low =
        part(lows, a) ^
        part(lows, b) ^
        part(lows, c) ^
        part(lows, d) ^
        part(lows, e) ^
        part(lows, f) ^
        part(lows, g) ^
        part(lows, h);
      high =
        part(highs, a) ^
        part(highs, b) ^
        part(highs, c) ^
        part(highs, d) ^
        part(highs, e) ^
        part(highs, f) ^
        part(highs, g) ^
        part(highs, h);
    }
  }
  for (; at < to; at++) {
    const index = (low ^ part(bytes, at)) & 255;
    low = ((low >>> 8) | (high << 24)) ^ part(lows, index);
    high = (high >>> 8) ^ part(highs, index);
  }
  return { high: high >>> 0, low: low >>> 0 };
}

const part = (of: Int32Array | Uint8Array, index: number) => of[index] ?? 0;

/** `lows[k * 256 + byte]`, `highs[…]`: what a byte does to the CRC when k more bytes follow it in the same step. */
const lows = new Int32Array(8 * 256);
const highs = new Int32Array(8 * 256);
const POLYNOMIAL_REFLECTED = { high: 0x95ac9329, low: 0xac4bc9b5 };
for (let byte = 0; byte < 256; byte++) {
  let low = byte;
  let high = 0;
  for (let bit = 0; bit < 8; bit++) {
    const odd = low & 1;
    low = (low >>> 1) | (high << 31);
    high >>>= 1;
    if (odd) {
      low ^= POLYNOMIAL_REFLECTED.low;
      high ^= POLYNOMIAL_REFLECTED.high;
    }
  }
  lows[byte] = low;
  highs[byte] = high;
}
for (let index = 256; index < 8 * 256; index++) {
  const low = part(lows, index - 256);
  const high = part(highs, index - 256);
  lows[index] = ((low >>> 8) | (high << 24)) ^ part(lows, low & 255);
  highs[index] = (high >>> 8) ^ part(highs, low & 255);
}
