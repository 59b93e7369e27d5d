import { chown, lstat, mkdtemp, readdir, rmdir, stat, statfs, utimes } from "node:fs/promises";
import { basename, dirname } from "node:path";
import prettyBytes from "pretty-bytes";
import { mountOf } from "#domain/file-systems.ts";
import type { EngineTools, PointToRestore, TargetState } from "#ports/engine.ts";
import { choosePaths } from "./chosen.ts";
import type { FilesTarget } from "./config.ts";
import { lookAtTree } from "./mark.ts";
import { folderOf, folderProblems, mountProblems, nameOf } from "./place.ts";
import { describe } from "./preflight.ts";
import { treeOf } from "./verify.ts";
import { codeOf } from "./walk.ts";

const LONGEST_NAME_BYTES = 255;
const LONGEST_SUFFIX = ".holdfast-undone-2026-02-23-134207-k3x9";
/** Nobody in particular: shows whether any owner can be set. */
const SOMEBODY = 54_321;

/** What stands at the target, and why this point can't be restored there. An empty folder is made beside it and removed. */
export async function inspect(_: EngineTools, target: FilesTarget, point: PointToRestore): Promise<TargetState> {
  const outside = await mountProblems(target);
  if (outside.length > 0) return { fingerprint: "not mounted", holds: [], problems: outside };
  const problems = await unfit(target, point);
  return {
    fingerprint: await fingerprintOf(target),
    holds: choosePaths(point) ? [] : await holdsOf(target), // single paths replace nothing
    problems,
    ...(problems.length > 0 ? {} : { room: await describeRoom(dirname(folderOf(target))) }), // else there may be no folder
  };
}

/** The inodes of the mount and of the folder: another tree under the same name has another one. */
export async function fingerprintOf(target: FilesTarget): Promise<string> {
  const inode = async (folder: string) => {
    try {
      return String((await lstat(folder, { bigint: true })).ino);
    } catch (error) {
      return codeOf(error) === "ENOENT" ? "nothing" : codeOf(error);
    }
  };
  return `${nameOf(target)} ${await inode(mountOf(target).folder)}/${await inode(folderOf(target))}`;
}

async function holdsOf(target: FilesTarget): Promise<TargetState["holds"]> {
  const folder = folderOf(target);
  const names = await readdir(folder, { encoding: "buffer" }).catch(() => []);
  if (names.length === 0) return [];
  const { mark, ...seen } = await lookAtTree(folder);
  const unreadable = `unreadable/${crypto.randomUUID()}`; // never taken for one that holdfast put there
  return [{ name: nameOf(target), mark: mark ?? unreadable, what: `${nameOf(target)}: ${describe(seen)}` }];
}

/** Every reason why the point can't be put here. */
export async function unfit(target: FilesTarget, point: PointToRestore): Promise<string[]> {
  const folder = folderOf(target);
  const parent = dirname(folder);
  const above = await folderProblems({ ...target, path: dirname(target.path) }, parent);
  if (above.length > 0) return above.map((problem) => `${problem}. The folder above a target has to exist`);
  return [
    ...((await isAbsent(folder)) ? [] : await folderProblems(target)),
    ...(Buffer.byteLength(basename(folder) + LONGEST_SUFFIX) > LONGEST_NAME_BYTES
      ? [`${nameOf(target)} has a name that is too long to be kept under another one beside it`]
      : []),
    ...(await writeProblems(target, folder)),
    ...(await roomProblems(target, parent, point)),
  ];
}

const isAbsent = (folder: string) =>
  lstat(folder).then(
    () => false,
    (error) => codeOf(error) === "ENOENT",
  );

/** Asked of the file system itself: what an access point or a policy takes away shows in nothing else. */
async function writeProblems(target: FilesTarget, folder: string): Promise<string[]> {
  const parent = dirname(folder);
  const { atime, mtime } = await stat(parent);
  let probe: string;
  try {
    probe = await mkdtemp(`${folder}.holdfast-probe-`);
  } catch (error) {
    return [`nothing can be written beside ${nameOf(target)} (${codeOf(error)}): ${HOW}`];
  }
  try {
    await chown(probe, SOMEBODY, SOMEBODY);
    const { uid, gid } = await lstat(probe);
    return uid === SOMEBODY && gid === SOMEBODY
      ? []
      : [`owners can't be set beside ${nameOf(target)}: every file gets ${uid}:${gid}. ${HOW}`];
  } catch (error) {
    return [`owners can't be set beside ${nameOf(target)} (${codeOf(error)}): ${HOW}`];
  } finally {
    await rmdir(probe);
    await utimes(parent, atime, mtime).catch(() => {}); // it is to look as if nobody had been there
  }
}
const HOW =
  "let the restore task write there as root (elasticfilesystem:ClientWrite and ClientRootAccess in the file system's policy, an access point that enforces no user)";

const describeRoom = async (parent: string) => {
  const { bavail, bsize } = await statfs(parent);
  return `${prettyBytes(bavail * bsize)} free beside it`;
};

async function roomProblems(target: FilesTarget, parent: string, { facts }: PointToRestore): Promise<string[]> {
  const { bavail, bsize, ffree, files } = await statfs(parent);
  const { bytes, ...counts } = treeOf(facts);
  const needed = Number(bytes ?? 0);
  const entries = Object.values(counts).reduce<number>(
    (sum, count) => sum + (typeof count === "number" ? count : 0),
    0,
  );
  return [
    ...(bavail * bsize < needed
      ? [
          `the point holds ${prettyBytes(needed)}, and beside ${nameOf(target)} there is room for ${prettyBytes(bavail * bsize)}: make room`,
        ]
      : []),
    ...(files > 0 && ffree < entries
      ? [`the point holds ${entries} entries, and the file system takes ${ffree} more: make room`]
      : []),
  ];
}
