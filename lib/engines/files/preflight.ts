import { readFile } from "node:fs/promises";
import prettyBytes from "pretty-bytes";
import type { EngineTools, Preflight } from "#ports/engine.ts";
import { Certificates, mayHoldCertificates } from "./certificates.ts";
import type { FilesSource } from "./config.ts";
import { type Bytes, bytesOf, listed } from "./names.ts";
import { selectionOf } from "./patterns.ts";
import { folderOf, folderProblems, mountProblems, nameOf } from "./place.ts";
import { type Survey, survey } from "./survey.ts";

/** Whether everything in the tree can be read by this task, and what is in it. Changes nothing. */
export async function preflight({ signal }: EngineTools, source: FilesSource): Promise<Preflight> {
  const certificates = new Certificates();
  const folder = Buffer.from(folderOf(source));
  const look = async (path: Bytes, bytes: number) => {
    signal.throwIfAborted();
    if (!mayHoldCertificates(path, bytes)) return;
    const at = Buffer.concat([folder, bytesOf(`/${path}`)]);
    await readFile(at).then(
      (content) => certificates.look(path, content),
      () => undefined, // it went away, or its content says so itself at the capture
    );
  };
  const { problems, seen } = await surveySource(source, { look });
  return {
    problems,
    findings: {
      ...(seen ? { holds: describe(seen) } : {}),
      ...(seen && seen.sockets.count > 0
        ? { notCaptured: listed("sockets", seen.sockets.first, seen.sockets.count) }
        : {}),
      ...Object.fromEntries(
        Object.entries(certificates.facts()).map(([path, found]) => [
          `certificate ${path}`,
          typeof found === "object" ? `${found["subject"]}, expires ${found["expires"]}` : String(found),
        ]),
      ),
    },
  };
}

/** The same look, before anything is captured; `list` is what tar is to take. */
export async function surveySource(
  source: FilesSource,
  how: Omit<Parameters<typeof survey>[1], "selection">,
): Promise<{ problems: string[]; seen?: Survey }> {
  const outside = await mountProblems(source);
  if (outside.length === 0) outside.push(...(await folderProblems(source)));
  if (outside.length > 0) return { problems: outside };
  const seen = await survey(Buffer.from(folderOf(source)), { ...how, selection: selectionOf(source) });
  return { problems: [...seen.problems, ...(seen.entries > 1 ? [] : [emptiness(source)])], seen };
}

/** S8: nothing is never what somebody wanted to have captured. */
const emptiness = (source: FilesSource) =>
  source.include || source.exclude
    ? `${nameOf(source)} holds nothing that \`include\` and \`exclude\` let through: mend the patterns, or the mount`
    : `${nameOf(source)} is empty: is this the right file system, and the right path?`;

export const describe = ({ entries, files, bytes }: Pick<Survey, "entries" | "files" | "bytes">) =>
  `${files.toLocaleString("en")} files, ${prettyBytes(bytes)}, ${entries.toLocaleString("en")} entries in all`;
