import { z } from "zod";
import { InputInvalid } from "#domain/errors.ts";
import type { PointToRestore } from "#ports/engine.ts";
import { FilesRestoreOptions } from "./config.ts";
import { type Bytes, fromShown, shown } from "./names.ts";
import type { TarEntry } from "./tar-header.ts";

export type Chosen = {
  wants(entry: TarEntry): boolean;
  /** Throws `InputInvalid` when a path was in the tree by no name. */
  allFound(): void;
};

/** The paths of the options, `undefined` for the whole tree. Throws `InputInvalid`. */
export function choosePaths({ options }: Pick<PointToRestore, "options">): Chosen | undefined {
  const parsed = FilesRestoreOptions.safeParse(options);
  if (!parsed.success) throw new InputInvalid(z.prettifyError(parsed.error));
  if (!parsed.data.paths) return undefined;
  const paths = [...new Set(parsed.data.paths.map(fromShown))];
  const missing = new Set(paths);
  const isChosen = (path: Bytes) => paths.some((chosen) => path === chosen || path.startsWith(`${chosen}/`));
  return {
    wants({ path, kind, target }) {
      missing.delete(path);
      const wanted = isChosen(path);
      if (wanted && kind === "hardLink" && !isChosen(target))
        throw new InputInvalid(
          `paths: "${shown(path)}" is the same file as "${shown(target)}", under which it was captured: name that one too`,
        );
      const leadsThere = kind === "directory" && paths.some((chosen) => path === "" || chosen.startsWith(`${path}/`));
      return wanted || leadsThere;
    },
    allFound() {
      if (missing.size > 0)
        throw new InputInvalid(
          `paths: not in the point: ${[...missing].map(shown).join(", ")}. Names are relative to the source's path`,
        );
    },
  };
}
