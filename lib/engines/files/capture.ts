import { lstatSync } from "node:fs";
import { join } from "node:path";
import { FormatIncomplete, PreflightFailed } from "#domain/errors.ts";
import type { CaptureResult, CaptureTools, EngineTools } from "#ports/engine.ts";
import type { FilesSource } from "./config.ts";
import { type Following, followTar, type TarContents } from "./follow-tar.ts";
import { listed } from "./names.ts";
import { folderOf, nameOf } from "./place.ts";
import { describe, surveySource } from "./preflight.ts";
import { createTar } from "./tar-commands.ts";
import { limitsOf, type TarWords, tarWords } from "./tar-words.ts";

const TAR_PROOF =
  "every header's checksum, the end blocks and the last record are there, and every entry that was listed is in it or was seen to go away";
const HEADERS_BYTES = 1_536; // of an entry with an extended header, about

/**
 * One stream, `tar`: every file is read once, while the tree goes on changing. Throws `PreflightFailed` with everything that
 * can't be read before anything is stored.
 */
export async function capture(tools: CaptureTools, source: FilesSource): Promise<CaptureResult> {
  const list = join(tools.workDir, "captured.list");
  const folderWas = identityOf(source);
  const { problems, seen } = await surveySource(source, { list });
  if (problems.length > 0 || !seen) throw new PreflightFailed(problems.join("\n"));
  const recoveredTo = new Date();
  const words = tarWords();
  let proof: Following | undefined;
  await tools.store({
    kind: "tar",
    holds: describe(seen),
    expectedBytes: seen.bytes + seen.entries * HEADERS_BYTES,
    open: () => tools.commands.reading(createTar(folderOf(source), list), tools.signal, words.hear),
    prove: () => {
      proof = followTar({
        accept: (contents) => {
          accountFor(contents, seen.entries, words);
          if (identityOf(source) !== folderWas)
            throw new FormatIncomplete(`${nameOf(source)} went away, or made room for another, while it was captured`);
        },
      });
      return proof;
    },
    formatProof: TAR_PROOF,
  });
  if (!proof) throw new FormatIncomplete("the tar was stored without having been read");
  const { tree, certificates } = await proof.contents;
  const { count, first } = seen.sockets;
  const selected = {
    ...(source.include ? { include: source.include.join("\n") } : {}),
    ...(source.exclude ? { exclude: source.exclude.join("\n") } : {}),
  };
  return {
    recoveredTo,
    toolVersions: { tar: await tarVersion(tools) },
    facts: { tree, about: { ...selected, certificates } },
    limits: [...limitsOf(words), ...(count > 0 ? [listed("sockets, which no archive holds", first, count)] : [])],
  };
}

/** Renamed and mounted over, a path leads elsewhere: what was listed then "went away", and is no tree that was in use. */
function identityOf(source: FilesSource): string {
  const folder = lstatSync(folderOf(source), { bigint: true, throwIfNoEntry: false });
  return folder ? `${folder.dev}:${folder.ino}` : "none";
}

/** Nothing that was listed may be missing without a word, and not everything with one. */
export function accountFor({ entries }: TarContents, wanted: number, words: TarWords): void {
  words.judge();
  if (entries + words.vanished.count !== wanted)
    throw new FormatIncomplete(
      `${wanted} entries were listed, ${words.vanished.count} of them went away, and ${entries} are in the tar`,
    );
  if (entries <= 1 && wanted > 1)
    throw new FormatIncomplete(`everything in the folder went away before it was read: ${wanted - entries} entries`);
}

async function tarVersion({ commands, signal }: EngineTools): Promise<string> {
  const { stdout } = await commands.run({ file: "tar", args: ["--version"] }, signal);
  return /^tar \(GNU tar\) (\S+)/.exec(stdout)?.[1] ?? "not GNU tar";
}
