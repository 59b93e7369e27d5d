import { rm } from "node:fs/promises";
import { join } from "node:path";
import { FormatIncomplete } from "#domain/errors.ts";
import type { PointToVerify, VerifyResult, VerifyTools } from "#ports/engine.ts";
import { rdbOf } from "./rdb-of.ts";
import { type Scratch, startScratch } from "./scratch.ts";
import { spoolRdb } from "./spool.ts";
import { survey } from "./survey.ts";

/** Reads the RDB to its last byte into a real server and counts there. */
export async function verifyRdb(tools: VerifyTools, point: PointToVerify): Promise<VerifyResult> {
  const rdb = join(tools.workDir, "captured.rdb");
  const wrong = await spoolRdb(tools.open(rdbOf(point.artifacts)), rdb);
  if (wrong !== undefined) return { wrong: [wrong] };
  let scratch: Scratch;
  try {
    scratch = await startScratch(tools, rdb, "verify");
  } catch (error) {
    if (error instanceof FormatIncomplete) return { wrong: [error.message] };
    throw error;
  } finally {
    await rm(rdb, { force: true }); // it is in memory, or of no more use
  }
  try {
    return { wrong: [], facts: (await survey(scratch.link)).facts };
  } finally {
    await scratch.stop();
  }
}
