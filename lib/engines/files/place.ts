import { lstat, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type FileSystem, mountOf } from "#domain/file-systems.ts";
import { codeOf } from "./walk.ts";

/** A folder below a mount. */
export type Place = FileSystem & { path: string };

export const folderOf = (place: Place): string => join(mountOf(place).folder, place.path);
export const nameOf = ({ fileSystem, path }: Place): string => `${fileSystem}:/${path === "." ? "" : path}`;

/** Why the file system can't be looked into at all. */
export async function mountProblems(place: FileSystem): Promise<string[]> {
  const { folder } = mountOf(place);
  try {
    if ((await stat(folder)).dev !== (await stat(dirname(folder))).dev) return [];
  } catch (error) {
    if (codeOf(error) !== "ENOENT") return [`${place.fileSystem} can't be looked into at ${folder}: ${codeOf(error)}`];
  }
  return [
    `${place.fileSystem} is not mounted at ${folder}: deploy the plan that names it, which makes the volumes of the tasks`,
  ];
}

/** N2: why the folder is not where the plan says. No part of the path may be a link: it would lead somewhere else. */
export async function folderProblems(place: Place, folder = folderOf(place)): Promise<string[]> {
  try {
    if (!(await lstat(folder)).isDirectory()) return [`${nameOf(place)} is no folder: ${folder}`];
    const real = await realpath(folder);
    return real === folder ? [] : [`${nameOf(place)} leads through a link to ${real}: name the real path in the plan`];
  } catch (error) {
    return [
      `${nameOf(place)} can't be looked into (${codeOf(error)}): is this the right file system, and the right path?`,
    ];
  }
}

/** What can't be told apart from nothing must not be taken for it. */
export const isThere = (folder: string) =>
  lstat(folder).then(
    () => true,
    (error: unknown) => {
      if (codeOf(error) === "ENOENT") return false;
      throw error;
    },
  );
