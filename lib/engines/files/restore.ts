import { mkdir, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describeError, FactsDiffer, Interrupted, TargetChanged, TargetUnfit } from "#domain/errors.ts";
import type { Facts } from "#domain/facts.ts";
import type { PointToRestore, RestoreResult, RestoreTools } from "#ports/engine.ts";
import { feed } from "../feed.ts";
import { accountFor } from "./capture.ts";
import { type Chosen, choosePaths } from "./chosen.ts";
import type { FilesTarget } from "./config.ts";
import { followTar } from "./follow-tar.ts";
import { lookAtTree } from "./mark.ts";
import { folderOf, nameOf } from "./place.ts";
import { survey } from "./survey.ts";
import { swap } from "./swap.ts";
import { createTar, extractTar, removeTree } from "./tar-commands.ts";
import { tarWords } from "./tar-words.ts";
import { fingerprintOf, unfit } from "./target.ts";
import { tarOf, treeOf } from "./verify.ts";

/**
 * Puts the tree into a folder beside the target, reads it back from there, compares, and exchanges the two by name. Single
 * paths stay in the folder beside. When it throws, the target is as it was.
 */
export async function restore(tools: RestoreTools, target: FilesTarget, point: PointToRestore): Promise<RestoreResult> {
  const chosen = choosePaths(point);
  const current = folderOf(target);
  const beside = `${current}.holdfast-${tools.restoreId}`;
  try {
    await stillTheSame(tools, target);
    const problems = await unfit(target, point);
    if (problems.length > 0) throw new TargetUnfit(`${problems.join("\n")}\nNothing was loaded`);
    const before = await leftovers(current, beside);
    try {
      const captured = await tools.phase("load", () => load(tools, beside, point, chosen));
      await tools.phase("compare", async () => tools.compare(captured, await readBack(tools, beside)));
      if (chosen) return await pathsBeside(target, beside, before);
      await stillTheSame(tools, target);
      tools.signal.throwIfAborted();
      return await exchange(tools, target, point, { current, beside, before });
    } catch (error) {
      await cleanUp(tools, beside);
      throw error;
    }
  } catch (error) {
    if (!tools.signal.aborted) throw error;
    throw new Interrupted("The restore was stopped. The target is as it was: nothing was swapped in", { cause: error });
  }
}

async function stillTheSame(tools: RestoreTools, target: FilesTarget): Promise<void> {
  const found = await fingerprintOf(target);
  if (found !== tools.fingerprint)
    throw new TargetChanged(
      `The target was "${tools.fingerprint}" when the restore was planned and is "${found}" now. Nothing was swapped in: plan the restore again`,
    );
}

/** Gives the facts of what was to be loaded, from a stream that is the captured one to the last byte. */
async function load(
  tools: RestoreTools,
  beside: string,
  point: PointToRestore,
  chosen: Chosen | undefined,
): Promise<Facts> {
  await remove(tools, beside); // what an earlier try of this very restore has left
  await mkdir(beside, { mode: 0o700 });
  const into = tools.commands.writing(extractTar(beside), tools.signal);
  const following = followTar({ into, ...(chosen ? { wants: chosen.wants } : {}), accept: () => chosen?.allFound() });
  await feed(tools.open(tarOf(point.artifacts)), following);
  const { tree, chosen: loaded } = await following.contents;
  if (!chosen) return treeOf(point.facts);
  tools.compare(treeOf(point.facts), tree);
  return loaded;
}

/** The facts of what lies on the file system now, taken as a capture takes them. */
async function readBack(tools: RestoreTools, folder: string): Promise<Facts> {
  const list = join(tools.workDir, "restored.list");
  const { problems, entries } = await survey(Buffer.from(folder), { list });
  if (problems.length > 0) throw new FactsDiffer(`What was loaded can't be read back: ${problems.join("; ")}`);
  const words = tarWords();
  const following = followTar({ accept: (contents) => accountFor(contents, entries, words) });
  await feed(tools.commands.reading(createTar(folder, list), tools.signal, words.hear).bytes, following);
  return (await following.contents).tree;
}

type Places = { current: string; beside: string; before: string[] };

async function exchange(
  tools: RestoreTools,
  target: FilesTarget,
  point: PointToRestore,
  { current, beside, before }: Places,
) {
  const old = oldFolder(current, tools.restoreId);
  const outcome = await tools.phase("swap", () => swap(current, beside, old));
  // From here on the new tree is in place, and nothing may fail any more.
  const { mark } = await lookAtTree(current).catch(() => ({ mark: undefined }));
  return {
    putThere: mark === undefined ? [] : [{ name: nameOf(target), mark }],
    kept:
      outcome === "kept"
        ? [{ what: `${nameOf(target)} as it was before, now "${basename(old)}" beside it`, drop: removal(old) }]
        : [],
    notes: [...partialNotes(point), ...before],
  };
}

async function pathsBeside(target: FilesTarget, beside: string, before: string[]): Promise<RestoreResult> {
  const { mark } = await lookAtTree(beside);
  const name = nameOf({ ...target, path: join(dirname(target.path), basename(beside)) });
  return {
    putThere: mark === undefined ? [] : [{ name, mark }],
    kept: [],
    notes: [
      `the paths that were asked for lie below ${name}, and ${nameOf(target)} is as it was; when they are no longer needed there: ${removal(beside)}`,
      ...before,
    ],
  };
}

/** A tree of which only a part was captured does not replace the rest. */
function partialNotes({ facts }: PointToRestore): string[] {
  const { include, exclude } = typeof facts["about"] === "object" ? facts["about"] : {};
  return include === undefined && exclude === undefined
    ? []
    : [
        "the plan's `include` and `exclude` let only a part of the tree be captured: the rest is in the old tree, if there was one",
      ];
}

/** What restores that were killed have left. Another one may be at work on it, so it is for a person to drop. */
async function leftovers(current: string, beside: string): Promise<string[]> {
  const names = await readdir(dirname(current));
  return names
    .filter((name) => name.startsWith(`${basename(current)}.holdfast-`) && name !== basename(beside))
    .map(
      (name) =>
        `"${name}" was left beside the target by another restore; when nobody needs it: ${removal(join(dirname(current), name))}`,
    );
}

/** Over a signal of its own: that of the restore may be why it ended. */
async function cleanUp(tools: RestoreTools, beside: string): Promise<void> {
  await remove({ ...tools, signal: new AbortController().signal }, beside).catch((error) =>
    tools.log.error("a restore that failed could not remove what it had loaded", {
      error: describeError(error),
      command: removal(beside),
    }),
  );
}

const remove = ({ commands, signal }: Pick<RestoreTools, "commands" | "signal">, folder: string) =>
  commands.run(removeTree(folder), signal);

/** Under which name a restore keeps what it replaces. */
export const oldFolder = (current: string, restoreId: string) => `${current}.holdfast-old-${restoreId}`;
/** And under which one a rollback keeps what had come after it. */
export const undoneFolder = (current: string, restoreId: string) => `${current}.holdfast-undone-${restoreId}`;

export const removal = (folder: string) => `rm -rf -- '${folder.replaceAll("'", String.raw`'\''`)}'`;
