import { z } from "zod";

/** Where a tree lies: an EFS file system, seen whole or through an access point of it. */
export const FileSystem = {
  fileSystem: z.string().regex(/^fs-[0-9a-f]{8,40}$/, "must be the id of an EFS file system"),
  accessPoint: z
    .string()
    .regex(/^fsap-[0-9a-f]{8,40}$/, "must be the id of an EFS access point")
    .optional()
    .describe("The access point through which the file system is seen."),
  mountTargetSecurityGroup: z
    .string()
    .regex(/^sg-[0-9a-f]{8,40}$/, "must be the id of a security group")
    .optional()
    .describe("The security group of its mount targets: the deployment lets the tasks in."),
};
const Mounted = z.object(FileSystem);
export type FileSystem = { fileSystem: string; accessPoint?: string | undefined };

/** The volume of a task and the folder in its container where a file system is seen: the only place that decides it. */
export function mountOf({ fileSystem, accessPoint }: FileSystem): { volume: string; folder: string } {
  const volume = accessPoint === undefined ? fileSystem : `${fileSystem}-${accessPoint}`;
  return { volume, folder: `/mnt/${volume}` };
}

/** The file systems that these sources or targets of a plan name, each once and in order. */
export function fileSystemsOf(entries: unknown[]): z.infer<typeof Mounted>[] {
  const found = new Map<string, z.infer<typeof Mounted>>();
  for (const one of entries.flatMap((entry) => Mounted.safeParse(entry).data ?? [])) {
    const { volume } = mountOf(one);
    found.set(volume, { ...found.get(volume), ...one }); // one of them may name the security group for all
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}
