import picomatch from "picomatch";
import { type Bytes, fromText } from "./names.ts";

export type Patterns = { include?: readonly string[] | undefined; exclude?: readonly string[] | undefined };
export type Selection = {
  /** Neither it nor what is below it is captured. */
  isExcluded(path: Bytes): boolean;
  /** It is captured, and so is what is below it. */
  isIncluded(path: Bytes): boolean;
  /** There may be something in this folder that is included. */
  mayHold(folder: Bytes): boolean;
};

/** Patterns are matched byte by byte, as names are: `?` and `[…]` stand for one byte. */
export function selectionOf({ include, exclude }: Patterns): Selection {
  const bases = (include ?? []).map((pattern) => picomatch.scan(fromText(pattern)).base);
  return {
    isExcluded: exclude ? anyOf(exclude) : () => false,
    isIncluded: include ? anyOf(include) : () => true,
    mayHold: (folder) =>
      bases.some((base) => base === "" || folder === "" || isWithin(base, folder) || isWithin(folder, base)),
  };
}

const isWithin = (path: Bytes, folder: Bytes) => path === folder || path.startsWith(`${folder}/`);

/** `s`: a name may hold a newline. */
const OPTIONS = { dot: true, nonegate: true, noextglob: true, strictSlashes: true, flags: "s" };

function anyOf(patterns: readonly string[]): (path: Bytes) => boolean {
  const matchers = patterns.map((pattern) => picomatch(fromText(pattern), OPTIONS));
  return (path) => matchers.some((matches) => matches(path));
}
