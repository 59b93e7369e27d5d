import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { createConnection } from "node:net";
import { join } from "node:path";
import pWaitFor from "p-wait-for";
import { z } from "zod";
import { repositoryRoot, stageFiles } from "./stage-layout.ts";

export type BackgroundProcess = {
  name: string;
  file: string;
  args: readonly string[];
  cwd?: string;
  env?: Record<string, string>;
};
const Recorded = z.array(z.object({ name: z.string(), pid: z.number(), startedTicks: z.string() }));
type Recorded = z.infer<typeof Recorded>;

/**
 * Starts a server that outlives this process, and records its pid. Its output goes to `.holdfast/logs/<name>.log`.
 * @param isReady asked again and again until it says yes
 * @throws when the server ends first, with the end of its log; what was started is stopped then
 */
export async function startInBackground(
  { name, file, args, cwd = repositoryRoot, env = {} }: BackgroundProcess,
  isReady: () => Promise<boolean>,
): Promise<void> {
  const log = join(stageFiles.logs, `${name}.log`);
  const output = openSync(log, "w");
  // Not by execa, which would read the output here: the server writes to its log when this process has long ended.
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", output, output],
  });
  closeSync(output);
  await once(child, "spawn");
  child.unref();
  const pid = child.pid ?? 0;
  await changeRecords(async (records) => [
    ...records,
    { name, pid, startedTicks: (await startedTicksOf(pid)) ?? "gone" },
  ]);
  try {
    await pWaitFor(
      async () => {
        if ((await startedTicksOf(pid)) === undefined)
          throw new Error(`${name} ended while it started:\n${await endOf(log)}`);
        return isReady();
      },
      {
        interval: 40,
        timeout: { milliseconds: 30_000, message: `${name} is not ready after 30 s; its log is ${log}` },
      },
    );
  } catch (error) {
    await stopBackground(name);
    throw error;
  }
}

/** Stops what was recorded under this name (all, without one) by pid, and waits until it is gone. */
export async function stopBackground(name?: string): Promise<void> {
  const chosen = (await readRecords()).filter((record) => name === undefined || record.name === name);
  await Promise.all(chosen.map(stop));
  await changeRecords(async (records) => records.filter(({ pid }) => !chosen.some((stopped) => stopped.pid === pid)));
}

/** Names of the recorded servers that still run. */
export async function runningInBackground(): Promise<string[]> {
  const records = await readRecords();
  const running = await Promise.all(records.map(isStillThere));
  return records.filter((_, index) => running[index]).map(({ name }) => name);
}

/** Whether a server takes connections there: the path of a socket, or a port on 127.0.0.1. */
export function accepts(where: string | number): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = typeof where === "string" ? createConnection(where) : createConnection(where, "127.0.0.1");
    connection.once("connect", () => {
      connection.end();
      resolve(true);
    });
    connection.once("error", () => resolve(false));
  });
}

async function stop(record: Recorded[number]): Promise<void> {
  for (const [signal, patienceMs] of [
    ["SIGTERM", 10_000],
    ["SIGKILL", 5_000],
  ] as const) {
    if (!(await isStillThere(record))) return;
    process.kill(record.pid, signal);
    await pWaitFor(async () => !(await isStillThere(record)), {
      interval: 25,
      timeout: { milliseconds: patienceMs, fallback: () => undefined },
    });
  }
}

/** A pid alone is not an identity: numbers are used again. The start time tells them apart. */
async function isStillThere({ pid, startedTicks }: Recorded[number]): Promise<boolean> {
  return (await startedTicksOf(pid)) === startedTicks;
}

/** Clock ticks after boot at which the process started; `undefined` when it has ended (a zombie has). */
async function startedTicksOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return stat === "" || state === "Z" ? undefined : fields[18];
}

async function readRecords(): Promise<Recorded> {
  return existsSync(stageFiles.processes)
    ? Recorded.parse(JSON.parse(await readFile(stageFiles.processes, "utf8")))
    : [];
}

let changes: Promise<void> = Promise.resolve();
/** One change after the other: servers start in parallel, and the file is read, changed and replaced. */
function changeRecords(change: (records: Recorded) => Promise<Recorded>): Promise<void> {
  changes = changes
    .catch(() => undefined)
    .then(async () => {
      await writeFile(`${stageFiles.processes}.new`, JSON.stringify(await change(await readRecords()), undefined, 2));
      await rename(`${stageFiles.processes}.new`, stageFiles.processes);
    });
  return changes;
}

async function endOf(log: string): Promise<string> {
  return (await readFile(log, "utf8")).trimEnd().split("\n").slice(-15).join("\n");
}
