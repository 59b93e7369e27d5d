import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { stageAddresses } from "#local/stage-layout.ts";

/** A request as S3 would name it. `occurrence`: how many of the same operation, key and part came before, and this one. */
export type S3Call = { operation: string; key: string; partNumber: number | undefined; occurrence: number };
export type Fault =
  | { answer: number; code: string } // S3 is not even asked
  | { loseReply: true } // S3 has done it, and nobody hears of it
  | { flipByte: number } // of the request's body, on its way to S3
  | { shorten: number } // the reply's body ends after so many bytes, as if that were all
  | { hold: Promise<unknown> } // forwarded only when that is settled
  | { silence: true } // nothing is read, nothing is ever answered
  | { resetAfter: number } // the connection ends after so many bytes of the request's body
  | { crawl: { bytesPerSecond: number; forMs: number } }; // the request's body comes as slowly as that at first
/** What happens to a call; `undefined` passes it on untouched. */
export type Script = (call: S3Call) => Fault | undefined;
export type S3FaultProxy = { urlForTasks: string; calls: S3Call[] } & AsyncDisposable;

/** Stands between tasks and the emulator's S3, and does to single requests what the script says. Bodies stream through. */
export async function startS3FaultProxy(script: Script): Promise<S3FaultProxy> {
  const calls: S3Call[] = [];
  const server = createServer((incoming, outgoing) => {
    const call = describe(incoming, calls);
    calls.push(call);
    serve(incoming, outgoing, script(call)).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    urlForTasks: `http://${stageAddresses.gateway}:${port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serve(incoming: IncomingMessage, outgoing: ServerResponse, fault: Fault | undefined): Promise<void> {
  if (fault && "answer" in fault) {
    incoming.resume(); // the client must not be stuck with its body
    const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${fault.code}</Code><Message>injected</Message></Error>`;
    outgoing.writeHead(fault.answer, { "content-type": "application/xml", "content-length": body.length }).end(body);
    return;
  }
  if (fault && "silence" in fault) return;
  if (fault && "resetAfter" in fault) return resetAfter(incoming, fault.resetAfter);
  if (fault && "hold" in fault) await fault.hold;
  const answer = await forward(incoming, changeOf(fault));
  if (fault && "loseReply" in fault) {
    answer.resume();
    await new Promise((resolve) => answer.once("end", resolve));
    outgoing.destroy();
    return;
  }
  const headers = { ...answer.headers };
  if (fault && "shorten" in fault) headers["content-length"] = String(fault.shorten);
  outgoing.writeHead(answer.statusCode ?? 502, headers);
  if (fault && "shorten" in fault) await pipeline(answer, firstBytes(fault.shorten), outgoing);
  else await pipeline(answer, outgoing);
}

/** What changes the request's body, or its pace. */
function changeOf(fault: Fault | undefined): Transform | undefined {
  if (fault && "flipByte" in fault) return withFlippedByte(fault.flipByte);
  if (fault && "crawl" in fault) return crawling(fault.crawl);
  return undefined;
}

async function resetAfter(incoming: IncomingMessage, bytes: number): Promise<void> {
  let seen = 0;
  for await (const chunk of incoming) {
    seen += chunk.length;
    if (seen >= bytes) break;
  }
  incoming.socket.resetAndDestroy();
}

function forward(incoming: IncomingMessage, change: Transform | undefined): Promise<IncomingMessage> {
  const { expect: _, ...headers } = incoming.headers; // Node has answered "100 Continue" itself
  return new Promise((resolve, reject) => {
    const passedOn = request(
      {
        ...{ host: "127.0.0.1", port: stageAddresses.emulatorPort, method: incoming.method, path: incoming.url },
        headers: { ...headers, host: `127.0.0.1:${stageAddresses.emulatorPort}` },
      },
      resolve,
    );
    passedOn.once("error", reject);
    const sent = change === undefined ? pipeline(incoming, passedOn) : pipeline(incoming, change, passedOn);
    sent.catch(reject);
  });
}

function withFlippedByte(at: number): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (at >= seen && at < seen + chunk.length) chunk[at - seen] = (chunk[at - seen] ?? 0) ^ 1;
      seen += chunk.length;
      done(null, chunk);
    },
  });
}

function crawling({ bytesPerSecond, forMs }: { bytesPerSecond: number; forMs: number }): Transform {
  const until = Date.now() + forMs;
  return new Transform({
    async transform(chunk: Buffer, _encoding, done) {
      const waitMs = Math.min((chunk.length / bytesPerSecond) * 1000, until - Date.now());
      if (waitMs > 0) await sleep(waitMs);
      done(null, chunk);
    },
  });
}

function firstBytes(count: number): Transform {
  let left = count;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const taken = chunk.subarray(0, left);
      left -= taken.length;
      done(null, taken);
    },
  });
}

function describe({ method, url = "/", headers }: IncomingMessage, before: readonly S3Call[]): S3Call {
  const { pathname, searchParams } = new URL(url, "http://s3");
  const key = decodeURIComponent(pathname).split("/").slice(2).join("/"); // path style: /bucket/key
  const number = searchParams.get("partNumber");
  const partNumber = number === null ? undefined : Number(number);
  const operation = operationOf(method ?? "", searchParams) + (headers.range ? ` ${headers.range}` : "");
  const same = before.filter((one) => one.operation === operation && one.key === key && one.partNumber === partNumber);
  return { operation, key, partNumber, occurrence: same.length + 1 };
}

function operationOf(method: string, query: URLSearchParams): string {
  if (method === "PUT") return query.has("partNumber") ? "UploadPart" : "PutObject";
  if (method === "POST") return query.has("uploads") ? "CreateMultipartUpload" : "CompleteMultipartUpload";
  if (method === "DELETE") return query.has("uploadId") ? "AbortMultipartUpload" : "DeleteObject";
  if (method === "HEAD") return "HeadObject";
  return query.has("list-type") ? "ListObjectsV2" : "GetObject";
}
