import { hostname } from "node:os";
import { execa } from "execa";
import { z } from "zod";
import { stageAddresses, stageFiles } from "./stage-layout.ts";

/** What every container of the local stage carries, so that `local:down` finds it by what it is and not by its name. */
export const stageLabel = "holdfast.stage=local";
/** What every image that is built here carries. Containers inherit it, so it is another one: not each belongs to the stage. */
export const imageLabel = "holdfast.image=1";
/** What this stage's emulator puts on the containers of its ECS tasks; they stay after their exit. */
export const taskLabel = `ministack.instance=${hostname()}:${stageAddresses.emulatorPort}`;

export type Finished = { exitCode: number; stdout: string; stderr: string };
export type Container = {
  id: string;
  name: string;
  image: string;
  /** As podman says it: `created`, `running`, `exited` … */
  state: string;
  /** 0 while it runs. */
  exitCode: number;
  /** In the container's network; undefined once it has stopped. */
  address: string | undefined;
  labels: Record<string, string>;
};
export type ContainerSpec = {
  image: string;
  argv?: readonly string[];
  name?: string;
  /** Handed over by podman's own environment, not by its arguments: those show in the process list. */
  env?: Record<string, string>;
  /** `host:container` or `host:container:ro`. */
  binds?: readonly string[];
  /** `address:port:container port`. */
  ports?: readonly string[];
  labels?: readonly string[];
  user?: string;
  entrypoint?: string;
  network?: string;
  shmBytes?: number;
  memoryMebibytes?: number;
};
type Feed = { input?: string | Uint8Array; timeoutMs?: number };

/**
 * Runs podman with an argument list and gives its standard output, trimmed.
 * @throws an error that carries podman's own words when it does not exit 0
 */
export async function podman(
  args: readonly string[],
  feed: Feed & { env?: Record<string, string> } = {},
): Promise<string> {
  const { exitCode, stdout, stderr } = await podmanFinished(args, feed);
  if (exitCode !== 0)
    throw new Error(`podman ${args[0] ?? ""} ended with ${exitCode}: ${stderr.trim() || stdout.trim()}`);
  return stdout.trim();
}

/** Runs a container to its end and removes it. A non-zero exit is an answer here, not an error. */
export async function runToEnd(spec: ContainerSpec, feed: Feed = {}): Promise<Finished> {
  return podmanFinished(["run", "--rm", ...(feed.input === undefined ? [] : ["-i"]), ...optionsOf(spec)], {
    ...feed,
    env: spec.env ?? {},
  });
}

/** Starts a container in the background and gives its id. */
export async function runDetached(spec: ContainerSpec): Promise<string> {
  return podman(["run", "-d", ...optionsOf(spec)], { env: spec.env ?? {} });
}

/** Runs a command in a running container. A non-zero exit is an answer here, not an error. */
export async function execIn(
  container: string,
  argv: readonly string[],
  feed: Feed & { user?: string } = {},
): Promise<Finished> {
  const options = [
    ...(feed.input === undefined ? [] : ["-i"]),
    ...(feed.user === undefined ? [] : ["--user", feed.user]),
  ];
  return podmanFinished(["exec", ...options, container, ...argv], feed);
}

/** Sends a signal to a container's first process. */
export async function kill(container: string, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  await podman(["kill", "--signal", signal, container]);
}

/** SIGTERM as ECS sends it, and SIGKILL after so many seconds. */
export async function stop(container: string, seconds: number): Promise<void> {
  await podman(["stop", "--time", String(seconds), container]);
}

/** 137 when a SIGKILL has ended it. */
export const exitCodeOf = async (container: string): Promise<number> =>
  Number(await podman(["container", "inspect", "--format", "{{.State.ExitCode}}", container]));

/** Removes containers at once, running or not. Names that are not there are fine. */
export async function remove(containers: readonly string[]): Promise<void> {
  if (containers.length > 0) await podman(["rm", "--force", "--ignore", "--time", "0", "--volumes", ...containers]);
}

/** `undefined` when there is no such container. */
async function inspect(container: string): Promise<Container | undefined> {
  const { exitCode, stdout } = await podmanFinished(["container", "inspect", container]);
  return exitCode === 0 ? Inspected.parse(JSON.parse(stdout)).map(containerOf)[0] : undefined;
}

/** Containers with this label (`key` or `key=value`), running or not, oldest first. */
export async function listByLabel(label: string): Promise<Container[]> {
  const ids = (
    await podman(["ps", "--all", "--quiet", "--no-trunc", "--sort", "created", "--filter", `label=${label}`])
  )
    .split("\n")
    .filter(Boolean);
  const found = await Promise.all(ids.map(inspect)); // one by one: one that is removed meanwhile must not fail the rest
  return found.filter((container) => container !== undefined);
}

/** Both outputs of a container so far. */
export async function logsOf(container: string): Promise<string> {
  const { stdout, stderr } = await podmanFinished(["logs", container]);
  return `${stdout}${stderr}`;
}

async function podmanFinished(
  args: readonly string[],
  feed: Feed & { env?: Record<string, string> } = {},
): Promise<Finished> {
  const { exitCode, stdout, stderr, failed, shortMessage, timedOut } = await execa("podman", args, {
    env: { ...feed.env, CONTAINERS_CONF: stageFiles.containersConf },
    ...(feed.input === undefined ? { stdin: "ignore" } : { input: feed.input }),
    timeout: feed.timeoutMs ?? 600_000,
    maxBuffer: 200_000_000,
    stripFinalNewline: false,
    reject: false,
  });
  if (timedOut || (failed && exitCode === undefined)) throw new Error(shortMessage);
  return { exitCode: exitCode ?? 1, stdout, stderr };
}

function optionsOf({
  image,
  argv = [],
  name,
  env = {},
  binds = [],
  ports = [],
  labels = [],
  user,
  entrypoint,
  network,
  shmBytes,
  memoryMebibytes,
}: ContainerSpec): string[] {
  return [
    ...["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=4096:4096"], // what podman would set by itself is more than some machines allow
    ...[stageLabel, ...labels].flatMap((label) => ["--label", label]),
    ...(name === undefined ? [] : ["--name", name]),
    ...Object.keys(env).flatMap((key) => ["--env", key]),
    ...binds.flatMap((bind) => ["--volume", bind]),
    ...ports.flatMap((port) => ["--publish", port]),
    ...(user === undefined ? [] : ["--user", user]),
    ...(entrypoint === undefined ? [] : ["--entrypoint", entrypoint]),
    ...(network === undefined ? [] : ["--network", network]),
    ...(shmBytes === undefined ? [] : ["--shm-size", `${shmBytes}b`]),
    ...(memoryMebibytes === undefined ? [] : ["--memory", `${memoryMebibytes}m`]),
    image,
    ...argv,
  ];
}

const Inspected = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    ImageName: z.string(),
    State: z.object({ Status: z.string(), ExitCode: z.number() }),
    NetworkSettings: z.object({
      IPAddress: z.string().optional(),
      Networks: z.record(z.string(), z.object({ IPAddress: z.string() })).nullish(),
    }),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
  }),
);

function containerOf(found: z.infer<typeof Inspected>[number]): Container {
  const { IPAddress, Networks } = found.NetworkSettings;
  return {
    id: found.Id,
    name: found.Name,
    image: found.ImageName,
    state: found.State.Status,
    exitCode: found.State.ExitCode,
    address: [IPAddress, ...Object.values(Networks ?? {}).map((network) => network.IPAddress)].find(Boolean),
    labels: found.Config.Labels ?? {},
  };
}
