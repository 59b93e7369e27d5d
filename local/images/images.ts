import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { buildWorker } from "../../containers/worker/build.ts";
import type { Narrate } from "../narrate.ts";
import { repositoryRoot, stageFiles } from "../stage-layout.ts";
import { debianImage, ensureDebianImage, ensureNodeImage, nodeImage } from "./base-images.ts";
import { ensureImage } from "./build-image.ts";
import { writeRedisSeed } from "./redis-seed.ts";

export type StageImages = { worker: string; fleetPostgresql: string; fleetRedis: string };

const here = import.meta.dirname;
const workerFolder = join(repositoryRoot, "containers/worker");

/** Everything that the stage runs from. What is there and unchanged takes no time; else side by side, as far as possible. */
export async function ensureStageImages(narrate: Narrate): Promise<StageImages> {
  await ensureDebianImage(narrate);
  const [worker, fleetPostgresql, fleetRedis] = await Promise.all([
    ensureNodeImage(narrate).then(() => ensureWorkerImage(narrate)),
    ensureFleetPostgresqlImage(narrate),
    ensureFleetRedisImage(narrate),
  ]);
  return { worker, fleetPostgresql, fleetRedis };
}

/** Bundles the worker and builds the image that every task runs in. Needs the Node image. */
async function ensureWorkerImage(narrate?: Narrate): Promise<string> {
  const { folder } = await buildWorker();
  return ensureImage(
    {
      name: "holdfast-worker",
      context: workerFolder,
      containerfile: join(workerFolder, "Dockerfile"),
      inputs: [folder],
      from: nodeImage,
    },
    narrate,
  );
}

/** PostgreSQL 17 with the sample databases in it. Needs the Debian image. */
export async function ensureFleetPostgresqlImage(narrate?: Narrate): Promise<string> {
  const context = join(here, "fleet-postgresql");
  return ensureImage(
    {
      name: "holdfast-fleet-postgresql",
      context,
      containerfile: join(context, "Containerfile"),
      inputs: [context],
      from: debianImage,
    },
    narrate,
  );
}

/** Redis 8 with the sample keys in it. Needs the Debian image. */
export async function ensureFleetRedisImage(narrate?: Narrate): Promise<string> {
  const context = join(here, "fleet-redis");
  const seedFolder = join(stageFiles.build, "redis-seed");
  return ensureImage(
    {
      name: "holdfast-fleet-redis",
      context,
      containerfile: join(context, "Containerfile"),
      inputs: [context, join(here, "redis-seed.ts")],
      from: debianImage,
      prepare: async () => {
        await mkdir(seedFolder, { recursive: true });
        await writeRedisSeed(join(seedFolder, "seed.resp"));
        return [`${seedFolder}:/seed:ro`];
      },
    },
    narrate,
  );
}

/** Public tools and nothing of this project: `aws`, `gpg`, `zstd`, `pg_restore`, `redis-cli` … Built when first asked for. */
export async function ensureStockToolsImage(narrate?: Narrate): Promise<string> {
  await ensureDebianImage(narrate);
  const context = join(here, "stock-tools");
  return ensureImage(
    {
      name: "holdfast-stock-tools",
      context,
      containerfile: join(context, "Containerfile"),
      inputs: [],
      from: debianImage,
    },
    narrate,
  );
}
