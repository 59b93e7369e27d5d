import type { Writable } from "node:stream";

/**
 * A tool and its arguments, never a shell string. Secrets go into `env` or a 0600 file, never into `args`: those show
 * in the process list. Children get PATH, HOME, a UTF-8 locale and `env`, and nothing else of this process.
 */
export type Command = { file: string; args: readonly string[]; env?: Record<string, string> };

/** Exit codes by tool, for the manifest: there is only one that is good. */
export type ExitCodes = Record<string, 0>;

/**
 * What a tool writes. `bytes` throws at its end unless the tool exited 0: cut-off never reads as whole. A chunk is
 * overwritten when the next one is asked for; whoever keeps one copies it.
 */
export type Output = { bytes: AsyncIterable<Uint8Array>; exitCodes: Promise<ExitCodes> };

/** What a tool reads. It has taken everything only when `exitCodes` has resolved; `CommandFailed` or `FormatIncomplete` else. */
export type Input = { stream: Writable; exitCodes: Promise<ExitCodes> };

/** A server that runs as long as it is wanted. `exited` settles when it ends, however it ends. */
export type RunningServer = { exited: Promise<void>; stop(): Promise<void> };

/** Every command is ended when the signal aborts: SIGTERM, and SIGKILL after a few seconds. */
export interface Commands {
  /** `hears` is told every line of stderr before the output ends, for tools that exit 0 and say there what they left out. */
  reading(command: Command, signal: AbortSignal, hears?: (line: string) => void): Output;
  /** `accepts` looks at what the tool has printed, for tools whose exit code does not tell everything. */
  writing(command: Command, signal: AbortSignal, accepts?: (printed: string) => void): Input;
  /** Runs it to its end. `CommandFailed` names the exit code or signal and the end of stderr. */
  run(command: Command, signal: AbortSignal): Promise<{ stdout: string; stderr: string }>;
  serve(command: Command, signal: AbortSignal): RunningServer;
}
