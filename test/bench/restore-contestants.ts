import { RestoreId as Id, scheduledBackupId } from "#domain/ids.ts";
import { Inspected, Restored } from "#domain/outcome.ts";
import { finished, start } from "./containers.ts";
import { type Contestant, pipelineContainer, SPLIT_ABOVE } from "./contestants.ts";
import { createDatabase, dropDatabase } from "./database.ts";
import type { Ground } from "./ground.ts";
import { BUCKET } from "./object-store.ts";
import { captureInput, SOURCE, verifiedPoint } from "./verified-point.ts";
import { outcome, runTask, section, workerTask } from "./worker-task.ts";

export type RestoreId = "d" | "e" | "f" | "g";

const PASSPHRASE = crypto.randomUUID();
const JOBS = 2;

/** Stores what each of them restores from: two dumps made by hand, and two verified points. */
export async function prepareRestores(ground: Ground, plainBytes: number): Promise<Record<RestoreId, Contestant>> {
  for (const name of ["gzip", "zstd"]) {
    const EXPECTED_BYTES = String(plainBytes);
    const dump = pipelineContainer(ground, name, { PASSPHRASE, TARGET: keyOf(name), EXPECTED_BYTES });
    await start(dump);
    await finished(dump.name);
  }
  return {
    d: byHand(ground, "aws s3 cp | gpg | gunzip | psql", "restore-gzip", keyOf("gzip")),
    e: byHand(ground, "aws s3 cp | gpg | zstd -d > file; pg_restore --jobs=2 file", "restore-spooled", keyOf("zstd")),
    f: await byWorker(ground, 1, "holdfast's worker, point in one stream, all facts compared"),
    g: await byWorker(ground, JOBS, "the same from two streams of rows"),
  };
}

const keyOf = (name: string) => `s3://${BUCKET}/by-hand/${name}`;

function byHand(ground: Ground, title: string, name: string, source: string): Contestant {
  const into = "restored";
  return {
    title,
    async prepare() {
      await createDatabase(into);
      return pipelineContainer(ground, name, { PASSPHRASE, SOURCE: source, PGDATABASE: into });
    },
    async check() {
      await dropDatabase(into);
      return undefined;
    },
  };
}

/** The restore task alone: the safety point and the look at the target come before it, and neither has a rival here. */
async function byWorker(ground: Ground, jobs: number, title: string): Promise<Contestant> {
  const into = `restored_${jobs}`;
  const backupId = scheduledBackupId(`to-restore-${jobs}`, new Date(Date.UTC(2026, 1, 1)));
  await verifiedPoint(ground, captureInput(ground, backupId, { jobs, splitAbove: SPLIT_ABOVE }));
  const restoreOf = (round: number) => {
    const restoreId = Id.parse(`2026-03-01-00000${round}-run${jobs}`);
    const options = { databases: { [ground.database.name]: into } };
    const its = { runId: restoreId, source: SOURCE, engine: "postgresql", backupId, target: into, options };
    return { restoreId, its: { ...its, section: { ...section, jobs } } };
  };
  return {
    title,
    async prepare(round) {
      const { restoreId, its } = restoreOf(round);
      const inspect = { verb: "inspect" as const, ...its, task: `inspect-${SOURCE}` };
      await runTask(ground, inspect);
      const { fingerprint } = await outcome(ground, inspect, Inspected);
      return workerTask(ground, { verb: "restore", ...its, task: SOURCE, restoreId, fingerprint });
    },
    async check(round) {
      const { factsCompared } = await outcome(ground, { runId: restoreOf(round).restoreId, task: SOURCE }, Restored);
      if (factsCompared === 0) throw new Error("nothing was compared");
      await dropDatabase(into);
      return undefined;
    },
  };
}
