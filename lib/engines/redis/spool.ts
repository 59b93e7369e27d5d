import { open } from "node:fs/promises";
import { proveRdbEnd } from "./rdb-end.ts";

/**
 * Writes an RDB to a private file and proves its end on the way. Answers what is wrong with it; what could not be read is
 * thrown as it comes.
 */
export async function spoolRdb(bytes: AsyncIterable<Uint8Array>, file: string): Promise<string | undefined> {
  const proof = proveRdbEnd();
  const spool = await open(file, "w", 0o600);
  try {
    for await (const chunk of bytes) {
      proof.stream.write(chunk); // takes it at once, so that nothing piles up
      await spool.writeFile(chunk);
    }
  } catch (error) {
    proof.stream.destroy();
    throw error;
  } finally {
    await spool.close();
  }
  proof.stream.end();
  return proof.exitCodes.then(
    () => undefined,
    (error: Error) => error.message,
  );
}
