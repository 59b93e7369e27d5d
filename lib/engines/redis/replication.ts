import { setTimeout as wait } from "node:timers/promises";
import pRetry from "p-retry";
import { TargetUnfit, TaskFailed } from "#domain/errors.ts";
import type { RestoreTools } from "#ports/engine.ts";
import { type Login, openLink, type RedisLink, withLink } from "./connection.ts";
import { readInfo } from "./info.ts";
import { changeSettings, readSettings, type Settings } from "./settings.ts";

/** `replid`: its replication id, by which whoever has taken over its data is known. */
export type Master = { address: string; port: number; password: string; replid: string; link: RedisLink };

const POLL_MS = 100;
/** How long a sync may show no progress at all, and a target may not be reached, before that counts as a failure. */
const PATIENCE_MS = 30_000;

/** `phase` measures; `patienceMs` is for tests to shorten. */
export type Swapping = Pick<RestoreTools, "signal" | "phase"> & { patienceMs?: number };

/**
 * Makes `target` a replica of `master` for as long as `work` takes, and a master again with its settings as they were,
 * whatever happened. A sync that fails leaves the data as it was: Redis lets go of it only when it has the other in whole.
 */
export async function whileReplicating(
  target: Login,
  master: Master,
  { signal, phase, patienceMs = PATIENCE_MS }: Swapping,
  work: () => Promise<void>,
): Promise<void> {
  const link = await openLink(target, signal);
  let before: Settings | undefined;
  try {
    await phase("swap", async () => {
      const wanted = settingsWanted(master);
      before = await readSettings(link, Object.keys(wanted)); // before the change, so that an end in between is mended, too
      await changeSettings(link, wanted);
      await link.ask("REPLICAOF", master.address, String(master.port));
      await untilInSync(link, master, signal, patienceMs);
    });
    await work();
  } finally {
    link.close();
    const settings = before;
    if (settings) await phase("swap", () => standAlone(target, settings, patienceMs));
  }
}

/** Whether a server has taken over the data of this master: its former replication id is the master's. */
export const hasTakenOver = (target: Login, { replid }: Master) =>
  withLink(target, async (link) => (await readInfo(link)).field("master_replid2") === replid);

const settingsWanted = ({ password }: Master): Settings => ({
  masteruser: "",
  masterauth: password,
  "repl-diskless-sync-delay": "0", // the target's data is read back at once
});

async function untilInSync(target: RedisLink, master: Master, signal: AbortSignal, patienceMs: number): Promise<void> {
  let last = "";
  let since = performance.now();
  while (true) {
    signal.throwIfAborted();
    const wanted = (await readInfo(master.link)).number("master_repl_offset");
    const info = await readInfo(target);
    if (info.field("master_link_status") === "up" && info.number("slave_repl_offset") >= wanted) return;
    const now = ["master_sync_in_progress", "master_sync_read_bytes", "loading", "loading_loaded_bytes"]
      .map(info.field)
      .join(" ");
    if (now !== last) since = performance.now();
    else if (performance.now() - since > patienceMs)
      throw new TargetUnfit(
        `the target did not get the data from the task at ${master.address}:${master.port}: let its security group reach the task there, and ` +
          "see the target's log for the reason (a refused login, a full disk). Its own data is as it was",
      );
    last = now;
    await wait(POLL_MS);
  }
}

/** Without the caller's signal: a server must not be left as the replica of something that is going away. */
async function standAlone(target: Login, before: Settings, patienceMs: number): Promise<void> {
  try {
    await pRetry(() => withLink(target, (link) => becomeMaster(link, before)), {
      retries: 100,
      maxTimeout: 5_000,
      maxRetryTime: patienceMs,
    });
  } catch (error) {
    throw new TaskFailed(
      `${target.host}:${target.port} could not be told to stand alone (${error instanceof Error ? error.message : error}): it is still a replica ` +
        "that refuses writes. Run REPLICAOF NO ONE there, and set masteruser and masterauth back",
    );
  }
}

async function becomeMaster(link: RedisLink, before: Settings): Promise<void> {
  while (!(await link.ask("REPLICAOF", "NO", "ONE").then(() => true, isLoading))) await wait(POLL_MS);
  await changeSettings(link, before);
}

/** A server that has received everything and is loading it can't be told anything until it is done. */
function isLoading(error: unknown): false {
  if (/LOADING/.test(String(error))) return false;
  throw error;
}
