import prettyBytes from "pretty-bytes";
import { ok, problem, type SourceCheck } from "#domain/source-check.ts";
import type { Surroundings } from "#ports/surroundings.ts";

/** What every task writes: keyrings, listings, a schema. */
const LEAST_SCRATCH_BYTES = 64 * 1024 * 1024;

/** Whether the task's own disk has room for what it will write there. */
export async function checkScratch(
  surroundings: Pick<Surroundings, "freeBytes">,
  workDir: string,
  scratchBytes = 0,
): Promise<SourceCheck> {
  const needed = Math.max(LEAST_SCRATCH_BYTES, scratchBytes);
  const free = await surroundings.freeBytes(workDir);
  const says = `${prettyBytes(free)} free, ${prettyBytes(needed)} needed`;
  return free < needed
    ? problem(
        "scratch disk",
        `${says}: give the tasks more (\`EphemeralStorage: { SizeInGiB: … }\` in infra/cluster.yml)`,
      )
    : ok("scratch disk", says);
}
