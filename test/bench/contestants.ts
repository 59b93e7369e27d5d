import { join } from "node:path";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { scheduledBackupId } from "#domain/ids.ts";
import { Captured, outcomeOf } from "#domain/outcome.ts";
import { repositoryLayout } from "#domain/repository-layout.ts";
import { TaskInput } from "#domain/task-input.ts";
import { type BenchContainer, benchAddresses, MEMORY_MEBIBYTES } from "./containers.ts";
import type { Database } from "./database.ts";
import { BUCKET, type ObjectStore } from "./object-store.ts";
import { KEY_ARN, SECRET_ARN } from "./stand-in.ts";

export type Ground = {
  images: { worker: string; stockTools: string };
  database: Database;
  objectStore: ObjectStore;
  standInUrl: string;
  escrow: string;
};
export type Contestant = {
  title: string;
  /** What it runs in, new each time. */
  prepare(round: number): Promise<BenchContainer>;
  /** Throws unless it did what it was for. Gives the bytes it stored, where it stores any. */
  check(round: number): Promise<number | undefined>;
};
export const contestantIds = ["a", "b", "b0", "c"] as const;
export type ContestantId = (typeof contestantIds)[number];

const STAGE = "bench";
const layout = repositoryLayout(STAGE);
const script = join(import.meta.dirname, "pipelines.sh");

export const contestantsOn = (ground: Ground, plainBytes: number): Record<ContestantId, Contestant> => ({
  a: pipeline(ground, "pg_dump | gzip | gpg | aws s3 cp -", "gzip", plainBytes),
  b: pipeline(ground, "pg_dump -Fc -Z0 | zstd -3 -T2 | gpg --compress-algo none | aws s3 cp -", "zstd", plainBytes),
  b0: pipeline(ground, "the same as (b) to /dev/null", "zstd-to-nowhere", plainBytes),
  c: worker(ground),
});

/** One of the pipelines of pipelines.sh. */
export const pipelineContainer = (ground: Ground, name: string, env: Record<string, string> = {}): BenchContainer => ({
  name: `holdfast-bench-${name}`,
  image: ground.images.stockTools,
  argv: ["bash", "/pipelines.sh", name],
  options: [`--memory=${MEMORY_MEBIBYTES}m`, `--volume=${script}:/pipelines.sh:ro`],
  env: {
    ...awsEnv(ground),
    PGHOST: benchAddresses.host,
    PGPORT: String(benchAddresses.database),
    PGUSER: "postgres",
    PGPASSWORD: ground.database.password,
    PGDATABASE: ground.database.name,
    PASSPHRASE: crypto.randomUUID(),
    ...env,
  },
});

function pipeline(ground: Ground, title: string, name: string, plainBytes: number): Contestant {
  const key = (round: number) => `${name}/${round}`;
  return {
    title,
    prepare: async (round) =>
      pipelineContainer(ground, name, {
        TARGET: `s3://${BUCKET}/${key(round)}`,
        EXPECTED_BYTES: String(plainBytes),
      }),
    check: (round) =>
      name === "zstd-to-nowhere" ? Promise.resolve(undefined) : ground.objectStore.bytesOf(key(round)),
  };
}

/** The worker's image with a task input, as ECS runs it; only the addresses of AWS are others. */
function worker(ground: Ground): Contestant {
  const backupOf = (round: number) => scheduledBackupId("bench", new Date(Date.UTC(2026, 0, 1, 0, 0, round)));
  return {
    title: "holdfast's worker, all proofs included",
    async prepare(round) {
      const backupId = backupOf(round);
      const input: TaskInput = {
        verb: "capture",
        runId: backupId,
        task: "shop",
        source: "shop",
        engine: "postgresql",
        backupId,
        section: {
          connection: { host: benchAddresses.host, port: benchAddresses.database },
          secret: SECRET_ARN,
          databases: [ground.database.name],
        },
        pipeline: { compression: 3 },
        escrow: ground.escrow,
      };
      const Key = layout.taskInput(backupId, input.task);
      await ground.objectStore.client.send(
        new PutObjectCommand({ Bucket: BUCKET, Key, Body: JSON.stringify(TaskInput.parse(input)) }),
      );
      return {
        name: "holdfast-bench-worker",
        image: ground.images.worker,
        options: [`--memory=${MEMORY_MEBIBYTES}m`],
        env: {
          ...awsEnv(ground),
          STAGE,
          REPOSITORY_BUCKET: BUCKET,
          SIGNING_KEY: KEY_ARN,
          ENVELOPE_KEY: KEY_ARN,
          PINNED_SIGNING_KEY: "none",
          TASK_INPUT_KEY: Key,
          TASK_ATTEMPT: "0",
        },
      };
    },
    async check(round) {
      const text = await ground.objectStore.textOf(layout.outcome(backupOf(round), "shop", 0));
      const outcome = outcomeOf(Captured).parse(JSON.parse(text));
      if (!outcome.succeeded) throw new Error(`the worker captured nothing: ${text}`);
      const dump = outcome.artifacts.find(({ kind }) => kind === "dump");
      if (!dump) throw new Error("the worker stored no dump");
      return ground.objectStore.bytesOf(dump.key);
    },
  };
}

const awsEnv = ({ objectStore, standInUrl }: Ground) => ({
  AWS_ENDPOINT_URL: standInUrl,
  AWS_ENDPOINT_URL_S3: objectStore.url,
  AWS_ACCESS_KEY_ID: objectStore.credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: objectStore.credentials.secretAccessKey,
  AWS_REGION: "us-east-1",
  AWS_DEFAULT_REGION: "us-east-1",
});
