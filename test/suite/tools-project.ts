import { dirname, join } from "node:path";
import pWaitFor from "p-wait-for";
import { NOT_FOR_FILES } from "../../infra/file-systems.ts";
import { mountOf } from "../../lib/domain/file-systems.ts";
import { fleetServers } from "../../local/fleet/servers.ts";
import { ensureImage } from "../../local/images/build-image.ts";
import type { StageImages } from "../../local/images/images.ts";
import { execIn, remove, runDetached } from "../../local/podman.ts";
import { repositoryRoot, stageAddresses, stageFiles } from "../../local/stage-layout.ts";
import { testFileSystem } from "../engines/files/file-system.ts";
import { type Result, runProject } from "./vitest-project.ts";

const SERVER = "holdfast-test-postgresql";
const PORT = 25_432;

/** For test/pipeline/full-disk.test.ts. */
const FULL_SOON = "--tmpfs=/tight:rw,size=2m,mode=1777";

/** Where the checkout lies in the container: on the machine it may be in a folder that only root can enter. */
const MOUNT = "/holdfast";

/**
 * The tests that need the worker's tools run inside the worker's image, beside an empty PostgreSQL of their own. The
 * container is as closed as a task on Fargate: no root, no capabilities, nothing to write to but the image's scratch volume.
 */
export async function runToolsProject(images: StageImages): Promise<Result> {
  const password = crypto.randomUUID();
  await remove([SERVER]);
  try {
    await startServer(await ensureServerImage(images.fleetPostgresql), password);
    const env = { HOLDFAST_TEST_PG_URL: `postgres://postgres:${password}@${stageAddresses.gateway}:${PORT}/postgres` };
    return await runProject("tools", (args) =>
      inWorker(images.worker, ["--user=10001:10001", "--cap-drop=ALL", FULL_SOON], args, env),
    );
  } finally {
    await remove([SERVER]);
  }
}

/** The tests of the `files` engine: with a file system of their own, and with what its tasks have to give files their owners. */
export function runFilesProject(images: StageImages): Promise<Result> {
  const asItsTasks = ["--user=0:0", `--cap-drop=${NOT_FOR_FILES.join(",")}`];
  const fileSystem = mountOf({ fileSystem: testFileSystem }).folder;
  const mounts = [`--tmpfs=${dirname(fileSystem)}:mode=0755`, `--volume=${fileSystem}`]; // beside it, folders that nothing is mounted on
  return runProject("files", (args) => inWorker(images.worker, [...asItsTasks, ...mounts], args));
}

/** vitest in the worker's image, read-only, with the checkout beside. */
const inWorker = (image: string, closed: string[], args: string[], env: Record<string, string> = {}) => ({
  file: "podman",
  args: [
    ...["run", "--rm", "--network=host", "--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096"],
    ...["--read-only", "--read-only-tmpfs=false", "--security-opt=no-new-privileges", ...closed],
    ...[`--volume=${repositoryRoot}:${MOUNT}:ro`, `--workdir=${MOUNT}`],
    ...[`--volume=${stageFiles.reports}:${stageFiles.reports.replace(repositoryRoot, MOUNT)}`],
    ...["--env=HOLDFAST_TEST_PG_URL", "--env=VITEST_CACHE=/scratch/vitest", "--env=CI"],
    ...[image, "node", "node_modules/vitest/vitest.mjs"],
    ...["--configLoader=native", "--fsModuleCachePath=/scratch/modules"], // both would write beside the sources
    ...args.map((argument) => argument.replace(repositoryRoot, MOUNT)),
  ],
  env: { CONTAINERS_CONF: stageFiles.containersConf, ...env },
});

function ensureServerImage(from: string): Promise<string> {
  const context = join(import.meta.dirname, "postgresql-image");
  const containerfile = join(context, "Containerfile");
  return ensureImage({ name: "holdfast-test-postgresql", context, containerfile, inputs: [containerfile], from });
}

async function startServer(image: string, password: string): Promise<void> {
  await runDetached({
    image,
    name: SERVER,
    ports: [`${stageAddresses.gateway}:${PORT}:5432`],
    env: { PGDATA: join("/var/lib/postgresql", fleetServers["staging-db"].starts) },
    shmBytes: 256 * 1024 * 1024,
    argv: ["postgres", "-c", "max_prepared_transactions=10", "-c", "max_connections=100"],
  });
  const input = `ALTER ROLE postgres PASSWORD '${password}';`; // by standard input: arguments can be read by others
  await pWaitFor(
    async () =>
      (await execIn(SERVER, ["psql", "-q", "-X", "-v", "ON_ERROR_STOP=1", "-d", "postgres"], { input })).exitCode === 0,
    { interval: 50, timeout: { milliseconds: 30_000, message: "the PostgreSQL of the tests takes no login" } },
  );
}
