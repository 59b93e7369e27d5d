import { podman, remove } from "../../local/podman.ts";
import { stageAddresses } from "../../local/stage-layout.ts";

/** Not the label of the local stage: the bench's containers are its own, and `local:down` leaves them alone. */
const LABEL = "holdfast.bench=1";
/** What every contestant gets: the memory of the capture task, and all processors, which they share with the servers. */
export const MEMORY_MEBIBYTES = 2048;
export const benchAddresses = { host: stageAddresses.gateway, database: 35_432, s3: 35_433, standIn: 35_434 } as const;

export type BenchContainer = {
  name: string;
  image: string;
  argv?: readonly string[];
  options?: readonly string[];
  /** By podman's own environment: arguments can be read by others. */
  env?: Record<string, string>;
};

/** Starts a container and gives the id of its first process, which is one of this machine. */
export async function start({ name, image, argv = [], options = [], env = {} }: BenchContainer): Promise<number> {
  const limits = ["--ulimit=nofile=1024:1024", "--ulimit=nproc=4096:4096"]; // podman's own are more than some machines allow
  const names = Object.keys(env).flatMap((key) => ["--env", key]);
  await podman(["run", "-d", `--name=${name}`, `--label=${LABEL}`, ...limits, ...names, ...options, image, ...argv], {
    env,
  });
  return Number(await podman(["container", "inspect", "--format={{.State.Pid}}", name]));
}

/** Its standard output. @throws with everything it said when it does not exit 0 */
export async function finished(name: string): Promise<string> {
  const exitCode = await podman(["wait", name], { timeoutMs: 1_800_000 });
  const output = await podman(["logs", name]);
  await remove([name]);
  if (exitCode !== "0") throw new Error(`${name} exited with ${exitCode}:\n${output.slice(-4_000)}`);
  return output;
}

/** Everything that carries the bench's label, of an earlier run too. */
export async function removeAll(): Promise<void> {
  const ids = await podman(["ps", "--all", "--quiet", "--no-trunc", `--filter=label=${LABEL}`]);
  await remove(ids.split("\n").filter(Boolean));
}
