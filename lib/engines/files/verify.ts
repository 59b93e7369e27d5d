import type { Artifact } from "#domain/artifact.ts";
import { CommandFailed, FormatIncomplete } from "#domain/errors.ts";
import { compareFacts, describeDifferences, type Facts } from "#domain/facts.ts";
import type { PointToVerify, VerifyResult, VerifyTools } from "#ports/engine.ts";
import { feed } from "../feed.ts";
import { followTar } from "./follow-tar.ts";
import { listTar } from "./tar-commands.ts";

/** Reads the tar to its last byte, by tar and by our own reader, and counts in it what was counted at the capture. */
export async function verify(tools: VerifyTools, { artifacts, facts }: PointToVerify): Promise<VerifyResult> {
  const following = followTar({ into: tools.commands.writing(listTar, tools.signal) });
  try {
    await feed(tools.open(tarOf(artifacts)), following);
  } catch (error) {
    tools.signal.throwIfAborted();
    const isAboutTheBytes =
      error instanceof FormatIncomplete || (error instanceof CommandFailed && error.message.includes(" exited with "));
    if (!isAboutTheBytes) throw error;
    return { wrong: [error.message] };
  }
  const { tree } = await following.contents;
  const differences = compareFacts(treeOf(facts ?? {}), tree);
  return {
    wrong: differences.length === 0 ? [] : [`the tar is not what was captured: ${describeDifferences(differences)}`],
  };
}

/** Throws `FormatIncomplete` for a point that is not one tar. */
export function tarOf(artifacts: Artifact[]): Artifact {
  const [tar, ...more] = artifacts;
  if (tar?.kind !== "tar" || more.length > 0)
    throw new FormatIncomplete("a point of files is one artifact of the kind `tar`");
  return tar;
}

/** What is compared; the rest says something about the source, and is for people. */
export const treeOf = ({ tree }: Facts): Facts => (typeof tree === "object" ? tree : {});
