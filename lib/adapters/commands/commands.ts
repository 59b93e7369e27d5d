import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { CommandFailed } from "#domain/errors.ts";
import type { Commands } from "#ports/commands.ts";
import { readingIntoOneBuffer, untilExited } from "./one-buffer.ts";
import { type Process, startProcess } from "./process.ts";

/** Tools as child processes. `home` is where they may keep files of their own; it must exist. */
export const commands = (home: string): Commands => ({
  reading(command, signal, hears) {
    const { child, chunks } = readingIntoOneBuffer(home, (stdout) =>
      startProcess(command, home, signal, { stdin: "ignore", stdout, ...(hears ? { hears } : {}) }),
    );
    return { bytes: untilExited(child, chunks, child.exited), exitCodes: exitCodes(command.file, child.exited) };
  },
  writing(command, signal, accepts) {
    const child = startProcess(command, home, signal, { stdin: "pipe", stdout: accepts ? "pipe" : "ignore" });
    if (!child.stdin) throw new CommandFailed(`${command.file}: no stdin`);
    const printed = accepts && child.stdout ? text(child.stdout) : Promise.resolve("");
    const judged = child.exited.then(async () => {
      accepts?.(await printed);
      return 0 as const;
    });
    return { stream: child.stdin, exitCodes: exitCodes(command.file, judged) };
  },
  async run(command, signal) {
    const child = startProcess(command, home, signal, { stdin: "ignore", stdout: "pipe" });
    const stdout = await text(stdoutOf(child));
    await child.exited;
    return { stdout, stderr: child.stderr() };
  },
  serve(command, signal) {
    const child = startProcess(command, home, signal, { stdin: "ignore", stdout: "ignore" });
    const exited = child.exited.then(
      () => undefined,
      () => undefined,
    );
    return {
      exited,
      stop: async () => {
        child.kill();
        await exited;
      },
    };
  },
});

function stdoutOf(child: Process): Readable {
  if (!child.stdout) throw new CommandFailed("no stdout");
  return child.stdout;
}

function exitCodes(file: string, exited: Promise<0>) {
  const name = file.split("/").at(-1) ?? file;
  const codes = exited.then((code) => ({ [name]: code }));
  codes.catch(() => {}); // awaited late, when the stream has been read to its end
  return codes;
}
