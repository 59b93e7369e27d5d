import { z } from "zod";

/** Where a tree lies: an EFS file system, seen whole or through an access point of it. */
export const FileSystem = {
  fileSystem: z.string().regex(/^fs-[0-9a-f]{8,40}$/, "must be the id of an EFS file system"),
  accessPoint: z
    .string()
    .regex(/^fsap-[0-9a-f]{8,40}$/, "must be the id of an EFS access point")
    .optional(),
};
export type FileSystem = { fileSystem: string; accessPoint?: string | undefined };

/** The volume of a task and the folder in its container where a file system is seen: the only place that decides it. */
export function mountOf({ fileSystem, accessPoint }: FileSystem): { volume: string; folder: string } {
  const volume = accessPoint === undefined ? fileSystem : `${fileSystem}-${accessPoint}`;
  return { volume, folder: `/mnt/${volume}` };
}
