import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { startInBackground } from "../processes.ts";
import { repositoryRoot, stageAddresses, stageFiles, toolPath } from "../stage-layout.ts";

/**
 * Starts the AWS emulator empty: whatever an earlier stage kept is wiped.
 * It needs the container engine's socket, and is ready when this returns.
 * @throws when its port is taken or it does not come up, with the end of its log
 */
export async function startEmulator(): Promise<void> {
  const { home, temporary, efs } = stageFiles.emulator;
  await Promise.all([home, temporary, efs].map((folder) => rm(folder, { recursive: true, force: true })));
  await Promise.all([home, temporary, efs].map((folder) => mkdir(folder, { recursive: true })));
  // Lambdas run as CommonJS from the temporary folder, which lies in a repository of ES modules.
  await writeFile(join(temporary, "package.json"), JSON.stringify({ type: "commonjs" }));
  await startInBackground(
    {
      name: "emulator",
      file: stageFiles.venvPython,
      args: [join(repositoryRoot, "local/emulator/emulator.py")],
      cwd: home,
      env: {
        PATH: toolPath, // Lambdas run on the `node` that is found first
        PYTHONDONTWRITEBYTECODE: "1",
        DOCKER_HOST: `unix://${stageFiles.podmanSocket}`,
        GATEWAY_PORT: String(stageAddresses.emulatorPort),
        GATEWAY_IP: stageAddresses.gateway,
        MINISTACK_REGION: stageAddresses.region,
        TMPDIR: temporary,
        EFS_DIR: efs,
        TASK_FAULTS_FILE: stageFiles.taskFaults,
        STATE_DIR: join(home, "state"),
        S3_DATA_DIR: join(home, "s3"),
        PERSIST_STATE: "0",
        S3_PERSIST: "1",
      },
    },
    isHealthy,
  );
}

async function isHealthy(): Promise<boolean> {
  const answer = await fetch(`${stageAddresses.endpoint}/_ministack/health`).catch(() => undefined);
  return answer?.ok ?? false;
}
