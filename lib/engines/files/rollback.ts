import { basename } from "node:path";
import { NothingToRollBack, TargetUnfit } from "#domain/errors.ts";
import type { EngineTools, RestoreResult, RestoreToUndo } from "#ports/engine.ts";
import type { FilesTarget } from "./config.ts";
import { folderOf, folderProblems, isThere, mountProblems, nameOf } from "./place.ts";
import { oldFolder, removal, undoneFolder } from "./restore.ts";
import { swap } from "./swap.ts";

/** Gives the old tree its name back; the restored one is kept beside it, with all that came into it since. */
export async function rollback(
  { signal }: EngineTools,
  target: FilesTarget,
  { restoreId }: RestoreToUndo,
): Promise<Pick<RestoreResult, "kept" | "notes">> {
  const current = folderOf(target);
  const old = oldFolder(current, restoreId);
  const undone = undoneFolder(current, restoreId);
  const outside = await mountProblems(target);
  if (outside.length > 0) throw new TargetUnfit(`${outside.join("\n")}\nNothing was touched`);
  if (!(await isThere(old)))
    throw new NothingToRollBack(
      `"${basename(old)}" is not beside ${nameOf(target)}: what the restore replaced was dropped or rolled back since, or there was nothing. Nothing was touched`,
    );
  const problems = await folderProblems({ ...target, path: `${target.path}${old.slice(current.length)}` }, old);
  if (problems.length > 0) throw new TargetUnfit(`${problems.join("\n")}\nNothing was touched`);
  signal.throwIfAborted();
  const outcome = await swap(current, old, undone);
  const wasSetAside = outcome === "kept" || (await isThere(undone)); // by an earlier try that was killed half-way
  return {
    kept: wasSetAside
      ? [
          {
            what: `${nameOf(target)} as it was until this rollback, now "${basename(undone)}" beside it`,
            drop: removal(undone),
          },
        ]
      : [],
    notes: [],
  };
}
