import { ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { mountOf } from "#domain/file-systems.ts";
import { scheduledBackupId } from "#domain/ids.ts";
import { Captured, outcomeOf } from "#domain/outcome.ts";
import { repositoryLayout } from "#domain/repository-layout.ts";
import { TaskInput } from "#domain/task-input.ts";
import { NOT_FOR_FILES } from "../../../infra/file-systems.ts";
import { type BenchContainer, finished, MEMORY_MEBIBYTES, start } from "../containers.ts";
import { BUCKET, type ObjectStore } from "../object-store.ts";
import { KEY_ARN } from "../stand-in.ts";

export type FilesGround = {
  images: { worker: string; restic: string };
  objectStore: ObjectStore;
  standInUrl: string;
  escrow: string;
  /** A folder that stands for an EFS; the tree is in it. */
  fileSystem: string;
};
/** `prepare` is not measured. */
export type FilesContestant = {
  title: string;
  prepare(round: number): Promise<BenchContainer>;
  /** Throws unless it did what it was for. Gives the bytes it stored. */
  check(round: number): Promise<number>;
};

/** The folder of the tree in its file system. */
export const TREE = "tree";
const STAGE = "bench";
const FILE_SYSTEM = "fs-0123456789abcdef0";
const layout = repositoryLayout(STAGE);
const memory = `--memory=${MEMORY_MEBIBYTES}m`;

/** A full backup into a repository of its own, each round; it compresses with zstd and encrypts with AES-256 by itself. */
export function restic(ground: FilesGround): FilesContestant {
  const { objectStore, images, fileSystem } = ground;
  const container = (round: number, argv: string[]): BenchContainer => ({
    name: `holdfast-bench-restic-${argv[0]}`,
    image: images.restic,
    argv: ["restic", "--quiet", ...argv],
    options: [memory, `--volume=${fileSystem}:/mnt:ro`],
    env: {
      RESTIC_REPOSITORY: `s3:${objectStore.url}/${BUCKET}/restic/${round}`,
      RESTIC_PASSWORD: "bench",
      AWS_ACCESS_KEY_ID: objectStore.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: objectStore.credentials.secretAccessKey,
      AWS_DEFAULT_REGION: "us-east-1",
    },
  });
  return {
    title: "restic backup",
    async prepare(round) {
      const made = container(round, ["init"]);
      await start(made);
      await finished(made.name);
      return container(round, ["backup", `/mnt/${TREE}`]);
    },
    check: (round) => bytesBelow(objectStore, `restic/${round}/`),
  };
}

/** The image that tasks run, as tasks with file systems run it. */
export function worker(ground: FilesGround): FilesContestant {
  const { objectStore, images, fileSystem, standInUrl, escrow } = ground;
  const backupOf = (round: number) => scheduledBackupId("files", new Date(Date.UTC(2026, 0, 1, 0, 0, round)));
  return {
    title: "holdfast's worker, all proofs included",
    async prepare(round) {
      const backupId = backupOf(round);
      const input: TaskInput = {
        ...{ verb: "capture", runId: backupId, task: "tree", source: "tree", engine: "files", backupId, escrow },
        section: { fileSystem: FILE_SYSTEM, path: TREE },
        pipeline: { compression: 3 },
      };
      const Key = layout.taskInput(backupId, input.task);
      const Body = JSON.stringify(TaskInput.parse(input));
      await objectStore.client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }));
      return {
        name: "holdfast-bench-files-worker",
        image: images.worker,
        options: [
          ...[memory, "--user=0:0", `--cap-drop=${NOT_FOR_FILES.join(",")}`],
          `--volume=${fileSystem}:${mountOf({ fileSystem: FILE_SYSTEM }).folder}:ro`,
        ],
        env: {
          ...{ AWS_ENDPOINT_URL: standInUrl, AWS_ENDPOINT_URL_S3: objectStore.url },
          AWS_ACCESS_KEY_ID: objectStore.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: objectStore.credentials.secretAccessKey,
          ...{ AWS_REGION: "us-east-1", STAGE, REPOSITORY_BUCKET: BUCKET, TASK_INPUT_KEY: Key, TASK_ATTEMPT: "0" },
          ...{ SIGNING_KEY: KEY_ARN, ENVELOPE_KEY: KEY_ARN, PINNED_SIGNING_KEY: "none" },
        },
      };
    },
    async check(round) {
      const text = await objectStore.textOf(layout.outcome(backupOf(round), "tree", 0));
      if (!outcomeOf(Captured).parse(JSON.parse(text)).succeeded) throw new Error(`the worker failed: ${text}`);
      return bytesBelow(objectStore, `${STAGE}/${backupOf(round)}/`);
    },
  };
}

async function bytesBelow({ client }: ObjectStore, Prefix: string): Promise<number> {
  let bytes = 0;
  let token: string | undefined;
  do {
    const more = token === undefined ? {} : { ContinuationToken: token };
    const page = await client.send(new ListObjectsV2Command({ Bucket: BUCKET, Prefix, ...more }));
    bytes += (page.Contents ?? []).reduce((sum, { Size = 0 }) => sum + Size, 0);
    token = page.NextContinuationToken;
  } while (token !== undefined);
  if (bytes === 0) throw new Error(`nothing was stored below ${Prefix}`);
  return bytes;
}
