import { z } from "zod";
import { FileSystem } from "#domain/file-systems.ts";

const NO_DOTS = "must be relative and written without `.`, `..` and double slashes";
const isPlain = (path: string) => path.split("/").every((name) => name !== "" && name !== "." && name !== "..");

/** Below the mount. */
const Path = z
  .string()
  .max(1024)
  .refine((path) => !path.includes("\0"), "must not hold a zero byte")
  .refine(isPlain, NO_DOTS);

/** A glob, relative to `path`: `*`, `?`, `[…]`, `{a,b}` within a name, `**` across folders. */
const Pattern = z
  .string()
  .max(1024)
  .transform((pattern) => pattern.replace(/\/$/, ""))
  .refine(isPlain, NO_DOTS);

export const FilesSource = z.strictObject({
  ...FileSystem,
  path: z.union([z.literal("."), Path]).describe("The folder below the mount; `.` is the whole file system."),
  include: z
    .array(Pattern)
    .min(1)
    .optional()
    .describe("Globs, relative to `path`, of what is captured, with everything below it."),
  exclude: z
    .array(Pattern)
    .min(1)
    .optional()
    .describe("Globs, relative to `path`, of what is not captured, nor anything below it."),
});
export type FilesSource = z.infer<typeof FilesSource>;

/** The folder itself is exchanged by renaming, so it can't be the root of the mount. */
export const FilesTarget = z.strictObject({
  ...FileSystem,
  path: Path.describe("The folder below the mount. The folder above it has to exist."),
});
export type FilesTarget = z.infer<typeof FilesTarget>;

export const filesSections = { source: FilesSource, target: FilesTarget };

/** `{ "paths": ["2026/cv.pdf"] }`: only these files and folders, put into a folder beside the target, which stays as it is. */
export const FilesRestoreOptions = z.strictObject({
  paths: z.array(Path).min(1).max(1000).optional(),
});
