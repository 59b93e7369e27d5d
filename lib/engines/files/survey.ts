import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { type Bytes, bytesOf, listed } from "./names.ts";
import type { Selection } from "./patterns.ts";
import { OTHER_FILE_SYSTEM, walk } from "./walk.ts";

/** What a walk has seen. `entries` are on the list for tar, the folder itself among them. */
export type Survey = { problems: string[]; entries: number; files: number; bytes: number; sockets: Some };
/** How many there are, and the first of them. */
export type Some = { count: number; first: Bytes[] };

const MOST_EXAMPLES = 20;
export const none = (): Some => ({ count: 0, first: [] });
export function note(some: Some, path: Bytes): void {
  if (some.first.length < MOST_EXAMPLES) some.first.push(path);
  some.count++;
}

/** Walks a tree and writes the names that tar is to take to `list`, each ended by a zero byte. */
export async function survey(
  folder: Buffer,
  {
    selection,
    list,
    look,
  }: { selection?: Selection; list?: string; look?: (path: Bytes, bytes: number) => Promise<void> },
): Promise<Survey> {
  const seen = { entries: 0, files: 0, bytes: 0, sockets: none() };
  const unreadable = new Map<string, Some>();
  const names = async function* () {
    for await (const found of walk(folder, selection)) {
      if ("why" in found) {
        const of = unreadable.get(found.why) ?? none();
        note(of, found.path);
        unreadable.set(found.why, of);
        continue;
      }
      const { path, stat } = found;
      if (stat.isSocket()) {
        note(seen.sockets, path);
        continue;
      }
      seen.entries++;
      if (stat.isFile()) {
        const bytes = Number(stat.size);
        seen.files++;
        seen.bytes += Math.min(bytes, Number(stat.blocks) * 512); // holes cost nothing
        await look?.(path, bytes);
      }
      yield bytesOf(`./${path}\0`);
    }
  };
  if (list === undefined) for await (const _ of names());
  else await pipeline(names, createWriteStream(list, { mode: 0o600 }));
  return { ...seen, problems: [...unreadable].map(([why, some]) => problem(why, some)) };
}

const problem = (why: string, { count, first }: Some) =>
  why === OTHER_FILE_SYSTEM
    ? `${listed("places where another file system is mounted", first, count)}: exclude them, or make them sources of their own`
    : `${listed(`files or folders can't be read (${why})`, first, count)}: let the task read them (${HOW}), or exclude them`;
const HOW = "as root, which an access point that enforces a user prevents";
