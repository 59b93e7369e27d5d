import { type AddressInfo, createServer, type Socket } from "node:net";
import { session } from "./world.ts";

/**
 * What a pooler in transaction mode does, for one server process: every client's messages go to the same session of the
 * server, one query after the other, and each gets the answer to its own.
 */
export async function startPooler(database: string): Promise<{ port: number; stop(): Promise<void> }> {
  const client = await session(database);
  const backend = streamOf(client);
  backend.removeAllListeners("data");
  const asked: Socket[] = [];
  let answer = Buffer.alloc(0);
  backend.on("data", (chunk: Buffer) => {
    answer = Buffer.concat([answer, chunk]);
    for (let message = next(answer); message; message = next(answer)) {
      asked[0]?.write(message);
      answer = answer.subarray(message.length);
      if (message[0] === 0x5a) asked.shift(); // ReadyForQuery: whoever comes next has the session
    }
  });
  const server = createServer((socket) => {
    let isStarted = false;
    let question = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      question = Buffer.concat([question, Buffer.from(chunk)]);
      if (!isStarted) {
        isStarted = true;
        question = Buffer.alloc(0); // the startup message
        socket.write(
          Buffer.from([
            0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x4b, 0, 0, 0, 12, 0, 0, 0, 1, 0, 0, 0, 1, 0x5a, 0, 0, 0, 5, 0x49,
          ]),
        );
        return;
      }
      for (let message = next(question); message; message = next(question)) {
        question = question.subarray(message.length);
        if (message[0] === 0x58) continue; // Terminate ends the client, not the server's session
        if (message[0] === 0x51 || message[0] === 0x53) asked.push(socket); // Query, Sync: each is answered by one ReadyForQuery
        backend.write(message);
      }
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    stop: async () => {
      server.close();
      backend.destroy();
    },
  };
}

/** One whole message of the protocol, with its type and length. */
function next(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 5) return undefined;
  const length = 1 + bytes.readUInt32BE(1);
  return bytes.length < length ? undefined : bytes.subarray(0, length);
}

function streamOf(client: object): Socket {
  const { connection } = client as { connection: { stream: Socket } }; // not in pg's types
  return connection.stream;
}
