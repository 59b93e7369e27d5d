import type { Artifact } from "#domain/artifact.ts";
import { CommandFailed, FormatIncomplete } from "#domain/errors.ts";
import { branch, type Facts } from "#domain/facts.ts";
import type { PointToVerify, VerifyResult, VerifyTools } from "#ports/engine.ts";
import { feed } from "../feed.ts";
import { proveArchive } from "./archive-proof.ts";
import type { ArchiveContents } from "./archive-reader.ts";
import { incompleteness, sequencesNotOnce } from "./completeness.ts";
import { databaseStreams, isArchive } from "./database-streams.ts";
import { parseGlobals, proveText } from "./globals.ts";
import { parseProperties } from "./properties.ts";
import { newestTool } from "./tools-of-version.ts";

/**
 * Reads every artifact to its last byte in the way that a restore would, and holds what the archives contain against the
 * facts. What could not be read is thrown as it is.
 */
export async function verify(tools: VerifyTools, { artifacts, facts }: PointToVerify): Promise<VerifyResult> {
  const pgRestore = await newestTool(tools, "pg_restore");
  const wrong: string[] = [];
  const contents = new Map<Artifact, ArchiveContents>();
  const readArchive = async (artifact: Artifact) => {
    const proof = proveArchive(tools, pgRestore);
    await feed(tools.open(artifact), proof);
    contents.set(artifact, await proof.contents);
  };
  for (const artifact of artifacts) {
    const { kind, holds } = artifact;
    try {
      if (isArchive(kind)) await readArchive(artifact);
      else if (kind === "globals") await feed(tools.open(artifact), proveText(parseGlobals));
      else if (kind === "properties") await feed(tools.open(artifact), proveText(parseProperties));
      else wrong.push(`${holds}: "${kind}" is no kind that this engine writes`);
    } catch (error) {
      tools.signal.throwIfAborted();
      if (!isAboutTheBytes(error)) throw error;
      wrong.push(`${holds}: ${error.message}`);
    }
  }
  return { wrong: [...wrong, ...incompleteDatabases(artifacts, facts, contents)] };
}

/** Databases of which an archive is missing, or is not with the others what was counted. Those that could not be read are told. */
function incompleteDatabases(
  artifacts: Artifact[],
  facts: Facts | undefined,
  contents: Map<Artifact, ArchiveContents>,
): string[] {
  const databases = databaseStreams(artifacts);
  if (databases.size === 0) return ["the point holds no dump of any database"];
  const counted = branch(facts ?? {}, "databases");
  const names = new Set([...databases.keys(), ...Object.keys(counted)]);
  return [...names].flatMap((database) => {
    if (!databases.get(database)) return [`database "${database}": the point lacks one of its archives`];
    const archives = artifacts.filter(({ kind, subject }) => isArchive(kind) && subject === database);
    const read = archives.flatMap((archive) => contents.get(archive) ?? []);
    if (read.length < archives.length || facts === undefined) return [];
    const its = branch(counted, database);
    return [...incompleteness(its, read), ...sequencesNotOnce(Object.keys(branch(its, "sequences")), read)].map(
      (problem) => `database "${database}": ${problem}`,
    );
  });
}

/** pg_restore that ended by itself has judged the bytes; one that could not be started, or was killed, has not. */
const isAboutTheBytes = (error: unknown): error is Error =>
  error instanceof FormatIncomplete || (error instanceof CommandFailed && error.message.includes(" exited with "));

/** A text artifact, whole. */
export async function readText(tools: Pick<VerifyTools, "open">, artifact: Artifact): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of tools.open(artifact)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
