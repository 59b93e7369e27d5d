import { join } from "node:path";
import { scheduledBackupId } from "#domain/ids.ts";
import { Captured } from "#domain/outcome.ts";
import { type BenchContainer, benchAddresses, MEMORY_MEBIBYTES } from "./containers.ts";
import { awsEnv, type Ground } from "./ground.ts";
import { BUCKET } from "./object-store.ts";
import { captureInput } from "./verified-point.ts";
import { outcome, workerTask } from "./worker-task.ts";

export type CaptureId = "a" | "b" | "b0" | "c" | "p";
export type Contestant = {
  title: string;
  /** What it runs in, new each time. */
  prepare(round: number): Promise<BenchContainer>;
  /** Throws unless it did what it was for. Gives the bytes it stored, where it stores any. */
  check(round: number): Promise<number | undefined>;
};

/** Below the size of a whole measurement's database; a quick look is too small to be divided. */
export const SPLIT_ABOVE = "512MiB";
const script = join(import.meta.dirname, "pipelines.sh");

export const contestantsOn = (ground: Ground, plainBytes: number): Record<CaptureId, Contestant> => ({
  a: pipeline(ground, "pg_dump | gzip | gpg | aws s3 cp -", "gzip", plainBytes),
  b: pipeline(ground, "pg_dump -Fc -Z0 | zstd -3 -T2 | gpg --compress-algo none | aws s3 cp -", "zstd", plainBytes),
  b0: pipeline(ground, "the same as (b) to /dev/null", "zstd-to-nowhere", plainBytes),
  c: worker(ground, 1, "holdfast's worker, all proofs included"),
  p: worker(ground, 2, "the same in two streams of rows"),
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

/** Everything that a capture does, all proofs included. */
function worker(ground: Ground, jobs: number, title: string): Contestant {
  const input = (round: number) =>
    captureInput(ground, scheduledBackupId(`bench-${jobs}`, new Date(Date.UTC(2026, 0, 1, 0, 0, round))), {
      jobs,
      splitAbove: SPLIT_ABOVE,
    });
  return {
    title,
    prepare: (round) => workerTask(ground, input(round)),
    async check(round) {
      const { artifacts } = await outcome(ground, input(round), Captured);
      const stored = artifacts.filter(({ subject }) => subject === ground.database.name);
      const bytes = await Promise.all(stored.map(({ key }) => ground.objectStore.bytesOf(key)));
      return bytes.reduce((sum, one) => sum + one, 0);
    },
  };
}
