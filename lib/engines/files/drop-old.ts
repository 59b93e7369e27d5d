import { rename } from "node:fs/promises";
import { basename } from "node:path";
import { TargetUnfit } from "#domain/errors.ts";
import type { RestoreId } from "#domain/ids.ts";
import type { EngineTools } from "#ports/engine.ts";
import type { FilesTarget } from "./config.ts";
import { folderOf, folderProblems, isThere, mountProblems, nameOf } from "./place.ts";
import { oldFolder, undoneFolder } from "./restore.ts";
import { removeTree } from "./tar-commands.ts";

/**
 * Removes the trees that a restore, or its rollback, has kept. Each gets a name first that no rollback looks for: `rm` follows
 * a folder under any name, also under the one that a rollback would give it.
 */
export async function dropOld(
  { commands, signal }: EngineTools,
  target: FilesTarget,
  restoreId: RestoreId,
): Promise<string[]> {
  const outside = await mountProblems(target);
  if (outside.length > 0) throw new TargetUnfit(outside.join("\n"));
  const current = folderOf(target);
  const going = `${current}.holdfast-drop-${restoreId}`;
  const dropped: string[] = [];
  for (const kept of [going, oldFolder(current, restoreId), undoneFolder(current, restoreId)]) {
    if (!(await isThere(kept))) continue; // `going`: a try that broke off
    const problems = await folderProblems({ ...target, path: `${target.path}${kept.slice(current.length)}` }, kept);
    if (problems.length > 0) throw new TargetUnfit(problems.join("\n"));
    if (kept !== going) await rename(kept, going);
    await commands.run(removeTree(going), signal);
    dropped.push(`"${basename(kept)}" beside ${nameOf(target)}`);
  }
  return dropped;
}
