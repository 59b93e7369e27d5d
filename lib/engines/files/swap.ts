import { readdir, rename } from "node:fs/promises";
import { describeError, SwapFailed } from "#domain/errors.ts";
import { codeOf } from "./walk.ts";

/**
 * Puts `beside` in the place of `current`, which is kept as `old` if there is anything in it. Between the two renames the
 * name is nobody's for a moment: NFS can't exchange two. When it throws, the target is as it was, or `SwapFailed` says what
 * is where.
 */
export async function swap(current: string, beside: string, old: string): Promise<"kept" | "nothing to keep"> {
  const held = await readdir(current).catch((error) => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
  if (held.length === 0) {
    await rename(beside, current); // also over an empty folder, and over nothing else
    return "nothing to keep";
  }
  await rename(current, old);
  try {
    await rename(beside, current);
  } catch (error) {
    await rename(old, current).catch((cause) => {
      throw new SwapFailed(
        `${describeError(error).message}\nand then ${describeError(cause).message}. The old tree is whole at ${old}: move it back to ${current}`,
        { cause },
      );
    });
    throw error;
  }
  return "kept";
}
