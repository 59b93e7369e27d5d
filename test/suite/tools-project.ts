import { join } from "node:path";
import pWaitFor from "p-wait-for";
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

/** The tests that need the worker's tools run inside the worker's image, beside an empty PostgreSQL of their own. */
export async function runToolsProject(images: StageImages): Promise<Result> {
  const password = crypto.randomUUID();
  await remove([SERVER]);
  try {
    await startServer(await ensureServerImage(images.fleetPostgresql), password);
    return await runProject("tools", (args) => ({
      file: "podman",
      args: [
        ...["run", "--rm", "--network=host", "--user=0:0", "--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096"],
        ...[`--volume=${repositoryRoot}:${repositoryRoot}`, `--workdir=${repositoryRoot}`],
        `--volume=${mountOf({ fileSystem: testFileSystem }).folder}`, // a file system of its own, as a task sees one
        ...["--env=HOLDFAST_TEST_PG_URL", "--env=VITEST_CACHE=/tmp/vitest", "--env=CI"],
        ...[images.worker, "node", "node_modules/vitest/vitest.mjs", ...args],
      ],
      env: {
        CONTAINERS_CONF: stageFiles.containersConf,
        HOLDFAST_TEST_PG_URL: `postgres://postgres:${password}@${stageAddresses.gateway}:${PORT}/postgres`,
      },
    }));
  } finally {
    await remove([SERVER]);
  }
}

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
