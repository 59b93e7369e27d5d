import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { s3Repository } from "#adapters/aws/repository.ts";
import { s3Uploads } from "#adapters/aws/uploads.ts";
import { commands } from "#adapters/commands/commands.ts";
import { zstdAndGpg } from "#adapters/commands/sealing.ts";
import { limitBandwidth } from "#app/limit-bandwidth.ts";
import { storeArtifact } from "#app/store-artifact.ts";

/** In the worker's image: one process stores one stream of so many bytes, and prints its own memory as it goes. */
const [bytes = "0", bucket = ""] = process.argv.slice(2);
const EVERY_MS = 200;
const s3 = new S3Client({});
const tools = commands(mkdtempSync(join(tmpdir(), "memory-")));
const { signal } = new AbortController();
let read = 0;

const timer = setInterval(() => {
  process.stdout.write(`${JSON.stringify({ read, residentBytes: process.memoryUsage.rss() })}\n`);
}, EVERY_MS);
const store = storeArtifact({
  uploads: s3Uploads(s3, bucket, s3Repository(s3, bucket)),
  sealing: zstdAndGpg(),
  log: { info: () => {}, error: (message, fields) => process.stderr.write(`${message} ${JSON.stringify(fields)}\n`) },
  compression: 3,
  limit: limitBandwidth(undefined),
});
await store(
  {
    ...{ kind: "stream", holds: "a stream", formatProof: "read to its end", expectedBytes: Number(bytes) },
    open: () =>
      counted(
        tools.reading({ file: process.execPath, args: [join(import.meta.dirname, "generate.ts"), bytes] }, signal),
      ),
    prove: () => tools.writing({ file: "cat", args: [] }, signal),
  },
  "memory/stream",
  { passphrase: Buffer.alloc(32, 7).toString("base64"), escrow: undefined },
  signal,
);
clearInterval(timer);

function counted(output: ReturnType<typeof tools.reading>) {
  const counting = async function* () {
    for await (const chunk of output.bytes) {
      read += chunk.length;
      yield chunk;
    }
  };
  return { ...output, bytes: counting() };
}
