import type { Artifact } from "#domain/artifact.ts";
import { CommandFailed, FormatIncomplete } from "#domain/errors.ts";
import type { PointToVerify, VerifyResult, VerifyTools } from "#ports/engine.ts";
import { feed } from "../feed.ts";
import { proveArchive } from "./archive-proof.ts";
import { parseGlobals, proveText } from "./globals.ts";
import { parseProperties } from "./properties.ts";
import { newestTool } from "./tools-of-version.ts";

/** Reads every artifact to its last byte in the way that a restore would. What could not be read is thrown as it is. */
export async function verify(tools: VerifyTools, { artifacts }: PointToVerify): Promise<VerifyResult> {
  const pgRestore = await newestTool(tools, "pg_restore");
  const wrong: string[] = [];
  for (const artifact of artifacts) {
    const proof = {
      dump: () => proveArchive(tools, pgRestore),
      globals: () => proveText(parseGlobals),
      properties: () => proveText(parseProperties),
    }[artifact.kind];
    if (!proof) {
      wrong.push(`${artifact.holds}: "${artifact.kind}" is no kind that this engine writes`);
      continue;
    }
    try {
      await feed(tools.open(artifact), proof());
    } catch (error) {
      tools.signal.throwIfAborted();
      if (!isAboutTheBytes(error)) throw error;
      wrong.push(`${artifact.holds}: ${error.message}`);
    }
  }
  if (!artifacts.some(({ kind }) => kind === "dump")) wrong.push("the point holds no dump of any database");
  return { wrong };
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
