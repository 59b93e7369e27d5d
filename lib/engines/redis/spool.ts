import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { proveRdbEnd } from "./rdb-end.ts";

/**
 * Writes an RDB to a private file and proves its end on the way. Answers what is wrong with it; what could not be read is
 * thrown as it comes.
 */
export async function spoolRdb(bytes: AsyncIterable<Uint8Array>, file: string): Promise<string | undefined> {
  const proof = proveRdbEnd();
  const copied = async function* () {
    for await (const chunk of bytes) {
      proof.stream.write(chunk); // takes it at once, so that nothing piles up
      yield chunk;
    }
  };
  try {
    await pipeline(copied, createWriteStream(file, { mode: 0o600 }));
  } catch (error) {
    proof.stream.destroy();
    throw error;
  }
  proof.stream.end();
  return proof.exitCodes.then(
    () => undefined,
    (error: Error) => error.message,
  );
}
