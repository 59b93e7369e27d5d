import { FormatIncomplete } from "#domain/errors.ts";
import type { Command } from "#ports/commands.ts";
import type { CaptureTools } from "#ports/engine.ts";
import { ARCHIVE_PROOF, proveArchive } from "./archive-proof.ts";
import type { ArchiveContents } from "./archive-reader.ts";
import { type Login, toolEnv } from "./connection.ts";
import type { DumpStream } from "./dump-streams.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Tool } from "./tools-of-version.ts";

export type DumpedFrom = {
  login: Login;
  pgDump: Tool;
  pgRestore: Tool;
  database: string;
  snapshot: Snapshot;
  lockTimeoutSeconds: number;
};

/** Stores what one `pg_dump` writes; gives what the archive says of itself. */
export async function storeArchive(
  tools: CaptureTools,
  from: DumpedFrom,
  { args, ...stream }: DumpStream,
  signal: AbortSignal,
): Promise<ArchiveContents> {
  let contents: Promise<ArchiveContents> | undefined;
  await tools.store({
    ...stream,
    subject: from.database,
    open: () => tools.commands.reading(dump(from, args), signal),
    prove: () => {
      const proof = proveArchive({ commands: tools.commands, signal }, from.pgRestore);
      contents = proof.contents;
      return proof;
    },
    formatProof: ARCHIVE_PROOF,
  });
  if (!contents) throw new FormatIncomplete(`${stream.holds}: nobody read the copy of the archive`);
  return contents;
}

/** Uncompressed: zstd does that better. The lock timeout is for what the coordinator could not lock, such as views. */
const dump = ({ pgDump, login, database, snapshot, lockTimeoutSeconds }: DumpedFrom, more: string[]): Command => ({
  file: pgDump.file,
  args: [
    "--format=custom",
    "--compress=0",
    "--no-password",
    `--snapshot=${snapshot.id}`,
    `--lock-wait-timeout=${lockTimeoutSeconds}s`,
    ...more,
  ],
  env: toolEnv(login, database),
});
