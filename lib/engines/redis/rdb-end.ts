import { Writable } from "node:stream";
import { FormatIncomplete } from "#domain/errors.ts";
import type { Input } from "#ports/commands.ts";
import { crc64, crc64Start } from "./crc64.ts";

/** Source: Redis `src/rdb.c`. `REDIS0012`, opcodes, the EOF opcode, and the CRC-64 of all that, little-endian. */
const HEADER = /^REDIS\d{4}$/;
const HEADER_BYTES = 9;
const EOF_OPCODE = 0xff;
const CRC_BYTES = 8;
/** What `redis-cli --rdb -` writes after an RDB of unknown length: the marker with which the replication stream ended it. */
const MARKER = /^[0-9a-f]{40}$/;
const MARKER_BYTES = 40;
const HELD_BACK_BYTES = 1 + CRC_BYTES + MARKER_BYTES;

export const rdbEndProof = "RDB header, EOF opcode and CRC-64 over every byte";

/**
 * Proves that an RDB ends where the stream ends, in flat memory. Wherever it was cut, and whatever was appended (but for
 * another whole RDB), the CRC is not where it should be; only the marker may follow it. `redis-check-rdb` can't do this: it
 * takes no notice of what follows.
 * `exitCodes` rejects with `FormatIncomplete`, also for an RDB that was written with `rdbchecksum no`.
 */
export function proveRdbEnd(): Input {
  const { promise: exitCodes, resolve, reject } = Promise.withResolvers<Record<string, 0>>();
  exitCodes.catch(() => {}); // awaited late, when the stream has been read to its end
  let crc = crc64Start;
  let bytes = 0;
  let start = Buffer.alloc(0);
  let end = Buffer.alloc(0);
  const stream = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      if (start.length < HEADER_BYTES) start = Buffer.concat([start, chunk.subarray(0, HEADER_BYTES - start.length)]);
      bytes += chunk.length;
      const settled = Math.max(0, end.length + chunk.length - HELD_BACK_BYTES);
      const fromEnd = Math.min(settled, end.length);
      crc = crc64(crc64(crc, end, 0, fromEnd), chunk, 0, settled - fromEnd);
      end = Buffer.concat([end.subarray(fromEnd), chunk.subarray(settled - fromEnd)]);
      done();
    },
    final(done) {
      const wrong = judge();
      if (wrong === undefined) resolve({});
      else reject(new FormatIncomplete(`the RDB of ${bytes} bytes ${wrong}`));
      done();
    },
    destroy(error, done) {
      reject(error ?? new FormatIncomplete(`the RDB was given up after ${bytes} bytes`));
      done(null);
    },
  });
  return { stream, exitCodes };

  function judge(): string | undefined {
    if (bytes === 0) return "is empty";
    if (!HEADER.test(start.toString("latin1"))) return "does not begin as an RDB does";
    const marked = end.length === HELD_BACK_BYTES && MARKER.test(end.subarray(-MARKER_BYTES).toString("latin1"));
    const ends = [...(marked ? [end.length - MARKER_BYTES] : []), end.length].map(crcAt);
    if (ends.includes("right")) return undefined;
    if (ends.includes("absent"))
      return "has no checksum: the source runs with `rdbchecksum no`, so that its end can't be proved";
    return "does not end with the EOF opcode and the CRC of what came before: it was cut off or changed on the way";
  }

  /** `stop`: where in `end` the CRC would end. */
  function crcAt(stop: number): "right" | "absent" | "wrong" {
    const from = stop - CRC_BYTES;
    if (from < 1 || end[from - 1] !== EOF_OPCODE) return "wrong";
    const stored = { low: end.readUInt32LE(from), high: end.readUInt32LE(from + 4) };
    if (stored.low === 0 && stored.high === 0) return "absent";
    const counted = crc64(crc, end, 0, from);
    return counted.low === stored.low && counted.high === stored.high ? "right" : "wrong";
  }
}
