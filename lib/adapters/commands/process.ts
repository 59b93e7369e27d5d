import type { Readable, Writable } from "node:stream";
import { execa } from "execa";
import { CommandFailed } from "#domain/errors.ts";
import type { Command } from "#ports/commands.ts";
import { memoryKills } from "./memory-kills.ts";

const KILL_AFTER_MS = 5_000;
const encoder = new TextEncoder();
const STDERR_TAIL_CHARACTERS = 4_000;

const OUT_OF_MEMORY = ": the memory of the task was used up (OOM), so give its task definition more";

type Wiring = {
  stdin: "ignore" | "pipe" | Readable;
  stdout: "ignore" | "pipe" | Writable;
  /** Handed to the child as file descriptor 3 and never seen in its arguments or environment. */
  fd3?: string;
  /** Told each line of stderr; a line that is longer than the tail that is kept comes in pieces. */
  hears?: (line: string) => void;
};

export type Process = {
  stdin: Writable | null;
  stdout: Readable | null;
  /** The end of stderr so far: floods are cut off, not kept. */
  stderr(): string;
  /** Resolves with 0; rejects with `CommandFailed`, which names the exit code or the signal, and the end of stderr. */
  exited: Promise<0>;
  kill(): void;
};

/** Starts a tool with nothing of this process's environment but what tools need. */
export function startProcess(command: Command, home: string, signal: AbortSignal, wiring: Wiring): Process {
  const killsBefore = memoryKills();
  const child = execa(command.file, command.args, {
    stdio: [
      wiring.stdin,
      wiring.stdout,
      "pipe",
      ...(wiring.fd3 === undefined ? [] : [encoder.encode(wiring.fd3)]),
    ] as const,
    env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", HOME: home, LANG: "C.UTF-8", TZ: "UTC", ...command.env },
    extendEnv: false,
    buffer: false,
    reject: false,
    encoding: "buffer",
    cancelSignal: signal,
    forceKillAfterDelay: KILL_AFTER_MS,
  });
  let tail = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    tail = (tail + chunk.subarray(-STDERR_TAIL_CHARACTERS).toString()).slice(-STDERR_TAIL_CHARACTERS);
  });
  const heard = wiring.hears && child.stderr ? hearLines(child.stderr, wiring.hears) : undefined;
  child.stdin?.on("error", () => {}); // a reader that has gone away is told by its exit, with the reason on stderr
  const exited = child.then(async (result): Promise<0> => {
    await heard;
    if (!result.failed && result.exitCode === 0) return 0;
    const how = result.isCanceled
      ? "was stopped"
      : result.signal
        ? `was ended by ${result.signal}${result.signal === "SIGKILL" && memoryKills() > killsBefore ? OUT_OF_MEMORY : ""}`
        : result.exitCode === undefined
          ? `could not be started (${result.code ?? "unknown"})`
          : `exited with ${result.exitCode}`;
    throw new CommandFailed(`${command.file} ${how}${tail === "" ? "" : `: ${tail.trim()}`}`);
  });
  exited.catch(() => {}); // whoever started it awaits it late
  return { stdin: child.stdin, stdout: child.stdout, stderr: () => tail, exited, kill: () => child.kill() };
}

function hearLines(stderr: Readable, hears: (line: string) => void): Promise<void> {
  let line = "";
  stderr.on("data", (chunk: Buffer) => {
    const lines = (line + chunk.toString("latin1")).split("\n");
    line = lines.pop() ?? "";
    for (const whole of lines) hears(whole);
    if (line.length > STDERR_TAIL_CHARACTERS) {
      hears(line);
      line = "";
    }
  });
  return new Promise((resolve) => {
    stderr.once("close", () => {
      if (line !== "") hears(line);
      resolve();
    });
  });
}
