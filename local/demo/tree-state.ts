import { createHash } from "node:crypto";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";

export type TreeState = { files: number; entries: number; digest: string };

/**
 * Asked of the file system itself, past holdfast: a digest over names, kinds, modes, owners, times, links and content.
 * Unfinished uploads, which the plan leaves out, are passed over.
 */
export async function lookAtTree(folder: string): Promise<TreeState> {
  const hash = createHash("sha256");
  const seen = { files: 0, entries: 0 };
  const look = async (path: Buffer, name: string): Promise<void> => {
    const stat = await lstat(path, { bigint: true });
    const content = stat.isFile() ? sha256(await readFile(path)) : stat.isSymbolicLink() ? await readlink(path) : "";
    const links = stat.isFile() ? stat.nlink : 1n;
    hash.update(`${[name, stat.mode, stat.uid, stat.gid, stat.mtimeNs, links, content].join("\0")}\0\n`);
    seen.entries++;
    if (stat.isFile()) seen.files++;
    if (!stat.isDirectory()) return;
    const below = (await readdir(path, { encoding: "buffer" })).map((entry) => entry.toString("latin1")).toSorted();
    for (const entry of below.filter((entry) => !entry.endsWith(".part")))
      await look(Buffer.concat([path, Buffer.from(`/${entry}`, "latin1")]), `${name}/${entry}`);
  };
  await look(Buffer.from(folder), "");
  return { ...seen, digest: hash.digest("hex") };
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
