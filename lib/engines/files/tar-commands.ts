import type { Command } from "#ports/commands.ts";
import { RECORD_BYTES } from "./tar-reader.ts";

/** Of extended attributes those that mean the same everywhere: not what a file system or an SELinux policy keeps for itself. */
const ATTRIBUTES = ["--acls", "--xattrs", "--xattrs-include=user.*", "--xattrs-include=security.capability"];
/** Byte for byte: names are quoted so that nothing in them can be taken for something else. */
const env = { LC_ALL: "C" };

/** Takes exactly the names on the list, which are relative to the folder and end in a zero byte, and opens only files. */
export const createTar = (folder: string, list: string): Command => ({
  file: "tar",
  args: [
    ...[
      "--create",
      "--file=-",
      "--format=posix",
      `--record-size=${RECORD_BYTES}`,
      "--sparse",
      "--numeric-owner",
      ...ATTRIBUTES,
    ],
    ...["--ignore-failed-read", "--quoting-style=c", `--directory=${folder}`],
    ...["--null", "--no-recursion", `--files-from=${list}`],
  ],
  env,
});

/** Into a folder of its own. Owners need root. */
export const extractTar = (folder: string): Command => ({
  file: "tar",
  args: [
    ...["--extract", "--file=-", "--preserve-permissions", "--same-owner", "--numeric-owner", ...ATTRIBUTES],
    ...["--delay-directory-restore", "--warning=no-timestamp", "--quoting-style=c", `--directory=${folder}`],
  ],
  env,
});

/** Shows that the tool that people have reads it to its end. */
export const listTar: Command = { file: "tar", args: ["--list", "--file=-", "--quoting-style=c"], env };

export const removeTree = (folder: string): Command => ({
  file: "rm",
  args: ["-rf", "--one-file-system", "--", folder],
});
