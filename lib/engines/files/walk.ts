import type { BigIntStats } from "node:fs";
import { access, constants, lstat, readdir } from "node:fs/promises";
import { pMapIterable } from "p-map";
import { type Bytes, bytesOf } from "./names.ts";
import { type Selection, selectionOf } from "./patterns.ts";

/** Relative to where the walk began; `""` is that folder itself. */
export type Found = { path: Bytes; stat: BigIntStats };
/** `why`: an error code of the system, or that another file system begins here. */
export type Unreadable = { path: Bytes; why: string };

const LOOKS_IN_FLIGHT = 16;
export const OTHER_FILE_SYSTEM = "another file system is mounted there";

/**
 * Everything below a folder that is selected, parents before what is in them, names in the order of their bytes, so that
 * the same tree is always walked the same way. Opens no file, follows no link, leaves the file system never. Folders on the
 * way to something included come along. What vanishes meanwhile was never there.
 */
export async function* walk(root: Buffer, selection: Selection = selectionOf({})): AsyncGenerator<Found | Unreadable> {
  const top = await lstat(root, { bigint: true });
  const waiting: Found[] = []; // folders that come along only if something in them does
  const at = (path: Bytes) => Buffer.concat([root, bytesOf(path === "" ? "" : `/${path}`)]);

  async function* into(folder: Found, isIncluded: boolean): AsyncGenerator<Found | Unreadable> {
    if (isIncluded) yield folder;
    else waiting.push(folder);
    const names = await readdir(at(folder.path), { encoding: "buffer" }).catch(codeOf);
    if (typeof names === "string") {
      if (names !== "ENOENT") yield { path: folder.path, why: names };
    } else {
      const paths = names
        .map((name) => name.toString("latin1"))
        .sort()
        .map((name) => (folder.path === "" ? name : `${folder.path}/${name}`))
        .filter((path) => !selection.isExcluded(path));
      for await (const found of pMapIterable(paths, look, { concurrency: LOOKS_IN_FLIGHT })) {
        if (found === undefined) continue;
        const isWanted = isIncluded || selection.isIncluded(found.path);
        if (isWanted) yield* waiting.splice(0);
        if (!("stat" in found && found.stat.isDirectory())) {
          if (isWanted) yield found;
        } else if (isWanted || selection.mayHold(found.path)) yield* into(found, isWanted);
      }
    }
    if (waiting.at(-1) === folder) waiting.pop();
  }

  async function look(path: Bytes): Promise<Found | Unreadable | undefined> {
    try {
      const stat = await lstat(at(path), { bigint: true });
      if (stat.dev !== top.dev) return { path, why: OTHER_FILE_SYSTEM };
      if (stat.isFile()) await access(at(path), constants.R_OK); // asks, and does not open
      return { path, stat };
    } catch (error) {
      const why = codeOf(error);
      return why === "ENOENT" ? undefined : { path, why };
    }
  }

  yield* into({ path: "", stat: top }, selection.isIncluded(""));
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error ? String(error.code) : String(error);
