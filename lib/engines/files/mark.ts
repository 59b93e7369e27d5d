import { createHash } from "node:crypto";
import { walk } from "./walk.ts";

/**
 * Recognises a tree as long as nobody has changed it: which inodes it is made of, and when each was last touched, which
 * nobody can set back. Also tells what it holds. `undefined` when it can't be read whole: nothing then recognises it.
 */
export async function lookAtTree(
  folder: string,
): Promise<{ mark: string | undefined; entries: number; files: number; bytes: number }> {
  const hash = createHash("sha256");
  const seen = { entries: 0, files: 0, bytes: 0 };
  let isWhole = true;
  for await (const found of walk(Buffer.from(folder))) {
    if ("why" in found) {
      isWhole = false;
      continue;
    }
    const { path, stat } = found;
    seen.entries++;
    if (stat.isFile()) {
      seen.files++;
      seen.bytes += Number(stat.size);
    }
    hash.update(JSON.stringify([path, `${stat.ino} ${stat.size} ${stat.mode} ${stat.mtimeNs} ${stat.ctimeNs}`]));
  }
  return { ...seen, mark: isWhole ? hash.digest("hex").slice(0, 32) : undefined };
}
