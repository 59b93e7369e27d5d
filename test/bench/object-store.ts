import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketVersioningCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { execa } from "execa";
import pWaitFor from "p-wait-for";
import type { Narrate } from "../../local/narrate.ts";
import { stageFiles } from "../../local/stage-layout.ts";
import { benchAddresses } from "./containers.ts";

const VERSITYGW = "github.com/versity/versitygw/cmd/versitygw@v1.8.0";
const program = join(stageFiles.root, "bin/versitygw");
const store = join(stageFiles.root, "bench");
const url = `http://${benchAddresses.host}:${benchAddresses.s3}`;

export const BUCKET = "holdfast-bench";
export type ObjectStore = {
  pid: number;
  /** As containers reach it, and as this machine does. */
  url: string;
  loopbackUrl: string;
  /** Its files are served as the bucket's objects. */
  bucketFolder: string;
  credentials: Credentials;
  client: S3Client;
  /** Throws when there is no such object. */
  bytesOf(key: string): Promise<number>;
  textOf(key: string): Promise<string>;
  stop(): Promise<void>;
};
type Credentials = { accessKeyId: string; secretAccessKey: string };

/** The emulator's S3 is too slow to be measured against, so this one is built, once. */
export async function ensureVersitygw(narrate: Narrate): Promise<void> {
  if (existsSync(program)) return;
  const go = await execa("go", ["version"], { reject: false });
  if (go.failed)
    throw new Error(
      `Go is missing, and it builds the S3 server of the bench: apt-get install golang, or put versitygw at ${program}`,
    );
  await narrate("build versitygw 1.8.0", () =>
    execa("go", ["install", VERSITYGW], { env: { GOBIN: join(stageFiles.root, "bin"), CGO_ENABLED: "0" }, all: true }),
  );
}

/** An empty versioned bucket behind S3's protocol. Its files are gone after `stop`. */
export async function startObjectStore(): Promise<ObjectStore> {
  const credentials = { accessKeyId: "bench", secretAccessKey: crypto.randomUUID() };
  await rm(store, { recursive: true, force: true });
  const [objects, versions] = [join(store, "objects"), join(store, "versions")];
  for (const folder of [objects, versions]) await mkdir(folder, { recursive: true });
  // On every address: the one that containers know is this machine's only while a container runs.
  const server = execa(
    program,
    ["--port", `:${benchAddresses.s3}`, "--quiet", "posix", "--versioning-dir", versions, objects],
    {
      env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
      stdio: ["ignore", "ignore", "ignore"],
      reject: false,
    },
  );
  const endpoint = `http://127.0.0.1:${benchAddresses.s3}`;
  const client = new S3Client({ endpoint, region: "us-east-1", credentials, maxAttempts: 1 });
  const isUp = () =>
    client.send(new CreateBucketCommand({ Bucket: BUCKET })).then(
      () => true,
      () => false,
    );
  await pWaitFor(isUp, { interval: 50, timeout: { milliseconds: 15_000, message: "versitygw does not come up" } });
  await client.send(new PutBucketVersioningCommand({ Bucket: BUCKET, VersioningConfiguration: { Status: "Enabled" } }));
  return {
    pid: server.pid ?? 0,
    url,
    loopbackUrl: endpoint,
    bucketFolder: join(objects, BUCKET),
    credentials,
    client,
    bytesOf: async (key) => (await client.send(new HeadObjectCommand({ Bucket: BUCKET, Key: key }))).ContentLength ?? 0,
    textOf: async (key) =>
      (await client.send(new GetObjectCommand({ Bucket: BUCKET, Key: key }))).Body?.transformToString() ?? "",
    stop: async () => {
      client.destroy();
      server.kill();
      await server;
      await rm(store, { recursive: true, force: true });
    },
  };
}
