import { CommandFailed } from "#domain/errors.ts";
import { type Bytes, listed, shown } from "./names.ts";
import { none, note, type Some } from "./survey.ts";

/**
 * What GNU tar says of single files. Asked to go on (`--ignore-failed-read`) it exits 0 whatever it could not read, so that
 * every line must be one of those below: files that changed and files that went away are the way of a tree that is in use.
 */
export type TarWords = {
  hear(line: string): void;
  changed: Some;
  /** On the list, and not in the archive. */
  vanished: Some;
  /** Throws `CommandFailed` when tar said anything else. */
  judge(): void;
};

const WORDS = /^(?:\/\S*\/)?tar: ("(?:[^"\\]|\\.)*"): (?:Warning: )?(.*)$/;
const CHANGED = /^file changed as we read it$|^File shrank by \d+ bytes?; padding with zeros$/;
const VANISHED =
  /^Cannot (stat|open|readlink): No such file or directory$|^File removed before we read it$|^socket ignored$/;

export function tarWords(): TarWords {
  const changed = none();
  const vanished = none();
  const failures = { count: 0, first: [] as string[] };
  let last: Bytes | undefined;
  return {
    changed,
    vanished,
    hear(line) {
      const [, quoted = "", said = ""] = WORDS.exec(line) ?? [];
      const path = unquoted(quoted).replace(/^\.\//, "");
      if (VANISHED.test(said)) note(vanished, path);
      else if (CHANGED.test(said)) {
        if (path !== last) note(changed, path); // one that shrank has also changed
        last = path;
      } else if (line.trim() !== "" && ++failures.count <= 5) failures.first.push(shown(line));
    },
    judge() {
      if (failures.count > 0)
        throw new CommandFailed(
          `tar could not read everything: ${failures.first.join("; ")}${failures.count > 5 ? "; …" : ""}`,
        );
    },
  };
}

/** In words, for the manifest. */
export const limitsOf = ({ changed, vanished }: TarWords): string[] => [
  ...(changed.count > 0
    ? [listed("files changed while they were read, and may be half old and half new", changed.first, changed.count)]
    : []),
  ...(vanished.count > 0
    ? [listed("files went away before they were read, and are not in it", vanished.first, vanished.count)]
    : []),
];

const ESCAPES: Record<string, string> = { n: "\n", t: "\t", r: "\r", a: "\x07", b: "\b", f: "\f", v: "\v" };
/** As C would read it: `--quoting-style=c`. */
const unquoted = (quoted: string): Bytes =>
  quoted
    .slice(1, -1)
    .replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
      code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (ESCAPES[code] ?? code),
    );
