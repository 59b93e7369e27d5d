import { Writable } from "node:stream";
import type { ExitCodes, Input } from "#ports/commands.ts";
import type { EngineTools } from "#ports/engine.ts";
import { type ArchiveContents, ArchiveReader } from "./archive-reader.ts";
import type { Tool } from "./tools-of-version.ts";

export const ARCHIVE_PROOF = "pg_restore read the whole archive, and the archive's frames end with its last byte";

/**
 * Reads a copy of an archive. `pg_restore` turns all of it into SQL (its `-l` accepts archives that are cut off), the
 * frames prove the end. `exitCodes` and `contents` reject with `FormatIncomplete` or `CommandFailed`.
 */
export function proveArchive(
  { commands, signal }: Pick<EngineTools, "commands" | "signal">,
  pgRestore: Tool,
): Input & { contents: Promise<ArchiveContents> } {
  const child = commands.writing({ file: pgRestore.file, args: ["--format=custom", "--file=/dev/null"] }, signal);
  const reader = new ArchiveReader();
  const followed = Promise.withResolvers<ArchiveContents>();
  const stream = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        reader.push(chunk);
      } catch (error) {
        done(asError(error));
        return;
      }
      child.stream.write(chunk, done);
    },
    final(done) {
      try {
        followed.resolve(reader.end());
      } catch (error) {
        done(asError(error));
        return;
      }
      child.stream.end(); // pg_restore may have read its last byte and be gone, and then nothing calls back: its exit decides
      done();
    },
    destroy(error, done) {
      child.stream.destroy();
      followed.reject(error ?? new Error("the archive was not read to its end"));
      done(error);
    },
  });
  stream.on("error", () => {}); // told by `exitCodes`
  const contents = whole(followed.promise, child.exitCodes);
  const exitCodes = contents.then(() => child.exitCodes);
  for (const late of [contents, exitCodes]) late.catch(() => {});
  return { stream, exitCodes, contents };
}

/** A reader that went away is explained by its own exit, everything else by the frames. */
async function whole(followed: Promise<ArchiveContents>, exited: Promise<ExitCodes>): Promise<ArchiveContents> {
  const [frames, exit] = await Promise.allSettled([followed, exited]);
  if (frames.status === "rejected" && frames.reason?.name === "FormatIncomplete") throw frames.reason;
  if (exit.status === "rejected") throw exit.reason;
  if (frames.status === "rejected") throw frames.reason;
  return frames.value;
}

const asError = (error: unknown) => (error instanceof Error ? error : new Error(String(error)));
