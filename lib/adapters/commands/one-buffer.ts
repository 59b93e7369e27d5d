import { randomUUID } from "node:crypto";
import { closeSync, constants, createWriteStream, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { execaSync } from "execa";
import type { Process } from "./process.ts";

const BUFFER_BYTES = 64 * 1024; // what a pipe of Linux holds, so no read can bring more

/**
 * Starts a tool and reads what it writes through one buffer, used again for each chunk: with a buffer per read, collecting
 * them takes a tenth of the processor. The chunk is overwritten when the next one is asked for. `folder`: where a named pipe
 * may stand for a moment.
 */
export function readingIntoOneBuffer(
  folder: string,
  start: (stdout: Writable) => Process,
): { child: Process; chunks: AsyncGenerator<Uint8Array> } {
  const { readEnd, writeEnd } = openPipe(join(folder, randomUUID()));
  try {
    const child = start(createWriteStream("", { fd: writeEnd, autoClose: false }));
    return { child, chunks: chunksOf(readEnd) };
  } finally {
    closeSync(writeEnd); // the tool has its own: the pipe ends when the tool does
  }
}

/** The chunks of a tool that has to exit well: throws at the end unless it did, and ends it when the reader gives up. */
export async function* untilExited(
  child: Process,
  chunks: AsyncIterable<Uint8Array>,
  exited: Promise<unknown>,
): AsyncGenerator<Uint8Array> {
  let ended = false;
  try {
    yield* chunks;
    ended = true;
  } finally {
    if (!ended) child.kill();
  }
  await exited;
}

/** Named, since Node makes no other kind that it can read into a buffer of ours. */
function openPipe(path: string) {
  execaSync("mkfifo", ["--mode=600", path]);
  try {
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { readEnd, writeEnd: openSync(path, constants.O_WRONLY) };
  } finally {
    rmSync(path);
  }
}

async function* chunksOf(fd: number): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  let next = Promise.withResolvers<Uint8Array | undefined>();
  const socket = new Socket({
    fd,
    readable: true,
    writable: false,
    onread: {
      buffer,
      callback(bytes) {
        next.resolve(buffer.subarray(0, bytes));
        return false; // no further read into it before the next one is asked for
      },
    },
  });
  socket.on("end", () => next.resolve(undefined));
  socket.on("error", (error) => next.reject(error));
  try {
    for (let chunk = await next.promise; chunk !== undefined; chunk = await next.promise) {
      yield chunk;
      next = Promise.withResolvers();
      socket.resume();
    }
  } finally {
    socket.destroy();
  }
}
