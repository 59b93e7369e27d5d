/** Far more than anything of ours has, and far less than what a recursion over it can bear. */
export const DEEPEST = 64;

/** Whether a parsed text is nested too deeply to be looked at by anything that recurses. */
export function isNestedTooDeeply(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
  }
  return false;
}
