import { rm } from "node:fs/promises";
import { join } from "node:path";
import prettyBytes from "pretty-bytes";
import {
  describeError,
  FactsDiffer,
  FormatIncomplete,
  SwapFailed,
  TargetChanged,
  TargetUnfit,
} from "#domain/errors.ts";
import type { Facts } from "#domain/facts.ts";
import type { PointToRestore, RestoreResult, RestoreTools } from "#ports/engine.ts";
import { rdbDump } from "./capture.ts";
import { type RedisTarget, SCRATCH_PORT } from "./config.ts";
import { addressTowards, type Login, readLogin, withLink } from "./connection.ts";
import { count, readInfo } from "./info.ts";
import { rdbOf } from "./rdb-of.ts";
import { hasTakenOver, type Master, whileReplicating } from "./replication.ts";
import { type Scratch, startScratch } from "./scratch.ts";
import { spoolRdb } from "./spool.ts";
import { type Survey, survey } from "./survey.ts";
import { fingerprintOf, holdsOf } from "./target.ts";
import { whileTunnelled } from "./tunnel.ts";

/** Expiries beyond this are compared to the millisecond; of nearer ones, that there is one. */
const NEAR_EXPIRY_MS = 3_600_000;

/**
 * Replaces everything on the target at once: the point is loaded into a scratch server in this task, compared, and the
 * target replicates that. Until it has all of it, the target keeps and serves what it had.
 */
export async function restoreRdb(
  tools: RestoreTools,
  target: RedisTarget,
  point: PointToRestore,
): Promise<RestoreResult> {
  const login = await readLogin(tools, target);
  await stillTheSame(tools, login);
  const listen = { address: await addressTowards(login), port: SCRATCH_PORT };
  const scratch = await tools.phase("load", () => load(tools, tools.open(rdbOf(point.artifacts)), "captured", listen));
  try {
    const exactAfter = new Date(Date.now() + NEAR_EXPIRY_MS);
    const captured = await tools.phase("compare", async () => {
      const loaded = await survey(scratch.link, exactAfter);
      tools.compare(...comparable(point.facts, loaded.facts));
      return loaded;
    });
    await hasRoom(login, captured);
    await stillTheSame(tools, login);
    await swap(tools, login, { ...listen, ...scratch, replid: await promote(scratch) }, captured, exactAfter);
    return await withLink(login, async (link) => ({
      putThere: holdsOf(await readInfo(link)).map(({ name, mark }) => ({ name, mark })),
      kept: [],
      notes: notesOf(point.facts, captured),
    }));
  } finally {
    await scratch.stop();
  }
}

async function load(
  tools: RestoreTools,
  bytes: AsyncIterable<Uint8Array>,
  name: string,
  listen?: { address: string; port: number },
): Promise<Scratch> {
  const rdb = join(tools.workDir, `${name}.rdb`);
  try {
    const wrong = await spoolRdb(bytes, rdb);
    if (wrong !== undefined) throw new FormatIncomplete(wrong);
    return await startScratch(tools, rdb, name, listen);
  } finally {
    await rm(rdb, { force: true });
  }
}

async function stillTheSame({ fingerprint }: RestoreTools, login: Login): Promise<void> {
  await withLink(login, async (link) => {
    const found = fingerprintOf(link, await readInfo(link));
    if (found !== fingerprint)
      throw new TargetChanged(`planned for ${fingerprint}, found ${found}: plan the restore again. Nothing was loaded`);
  });
}

async function hasRoom(login: Login, { bytes }: Survey): Promise<void> {
  const room = await withLink(login, async (link) => (await readInfo(link)).number("maxmemory"));
  if (room > 0 && room < bytes)
    throw new TargetUnfit(
      `the data takes ${prettyBytes(bytes)}, the target's maxmemory is ${prettyBytes(room)}: raise it. Nothing was loaded`,
    );
}

/** From a replica of nothing to a master that still drops nothing. Answers its replication id, which is new. */
async function promote({ link }: Scratch): Promise<string> {
  await link.ask("DEBUG", "SET-ACTIVE-EXPIRE", "0");
  await link.ask("REPLICAOF", "NO", "ONE");
  return (await readInfo(link)).field("master_replid") ?? "";
}

async function swap(
  tools: RestoreTools,
  login: Login,
  master: Master,
  captured: Survey,
  exactAfter: Date,
): Promise<void> {
  try {
    await whileReplicating(login, master, tools, () =>
      tools.phase("compare", () => compareTarget(tools, login, captured, exactAfter)),
    );
  } catch (error) {
    const gone = await hasTakenOver(login, master).catch(() => undefined);
    tools.log.error("the restore did not end well", {
      targetHolds: gone === undefined ? "not known" : gone ? "the point" : "what it held before",
    });
    if (gone === false || error instanceof FactsDiffer) throw error;
    const holds = gone
      ? "the point, whose comparison did not end"
      : "the point or its old data, which could not be found out";
    throw new SwapFailed(`${describeError(error).message}\nThe target holds ${holds}`, { cause: error });
  }
}

/** The target's data is read back as a capture would read it, and counted in a server of its own. */
async function compareTarget(tools: RestoreTools, login: Login, captured: Survey, exactAfter: Date): Promise<void> {
  const copy = await whileTunnelled(login, tools, (through) =>
    load(tools, tools.commands.reading(rdbDump(through), tools.signal).bytes, "restored"),
  );
  try {
    const restored = await survey(copy.link, exactAfter);
    const [left, right] = comparable(captured.facts, restored.facts);
    const exact = Date.now() < exactAfter.getTime(); // later, some of them may have expired between the two counts
    tools.compare(
      exact ? { ...left, expiries: captured.expiries } : left,
      exact ? { ...right, expiries: restored.expiries } : right,
    );
  } catch (error) {
    if (!(error instanceof FactsDiffer)) throw error;
    throw new FactsDiffer(
      `${error.message}\nThe target's old data is gone: restore the safety point that was taken before`,
    );
  } finally {
    await copy.stop();
  }
}

/** Digests that were made by different versions of Redis say nothing about each other; all else is compared. */
function comparable(captured: Facts, restored: Facts): [Facts, Facts] {
  if (isSameDigest(captured, restored)) return [captured, restored];
  const { digest: _left, ...left } = captured;
  const { digest: _right, ...right } = restored;
  return [left, right];
}

const digestVersions = ({ digest }: Facts) => (typeof digest === "object" ? Object.keys(digest).join() : "");
const isSameDigest = (left: Facts, right: Facts) => digestVersions(left) === digestVersions(right);

function notesOf(facts: Facts, { facts: loaded, alive }: Survey): string[] {
  const expired = Number(loaded["keys"]) - alive;
  return [
    ...(expired > 0
      ? [
          `${count(expired, "key")} had passed their expiry since the capture: they were restored and go away by themselves`,
        ]
      : []),
    ...(isSameDigest(facts, loaded)
      ? []
      : ["the point was verified by another version of Redis: its numbers were compared, its digest could not be"]),
  ];
}
