import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import colors from "picocolors";
import { configureContainerEngine } from "../../local/container-engine.ts";
import { ensureEscrowKeys } from "../../local/escrow.ts";
import { ensureStageImages, ensureStockToolsImage } from "../../local/images/images.ts";
import { narrateTo } from "../../local/narrate.ts";
import { makeStageFolders, stageFiles } from "../../local/stage-layout.ts";
import { finished, removeAll, start } from "./containers.ts";
import { contestantsOn, type Ground, pipelineContainer } from "./contestants.ts";
import { seedDatabase, startDatabase } from "./database.ts";
import { ensureVersitygw, startObjectStore } from "./object-store.ts";
import { race } from "./race.ts";
import { report, writeReport } from "./report.ts";
import { startStandIn } from "./stand-in.ts";

/**
 * `npm run bench -- postgresql`: holdfast's worker beside the pipelines that people write by hand, into the same S3 server. `--scale`
 * makes the database smaller or larger; docs/performance.md is written only by a whole measurement, so never by a quick look.
 */
const { values } = parseArgs({
  options: { scale: { type: "string", default: "1" }, rounds: { type: "string", default: "3" } },
});
const scale = Number(values.scale);
const rounds = Number(values.rounds);
const WHOLE_BYTES = 2e9;
const LEAST_ROUNDS = 3;
if (!(scale > 0) || !Number.isInteger(rounds) || rounds < 1)
  throw new Error("--scale takes a number above 0, and --rounds a whole one");

const narrate = narrateTo(process.stdout);
const heading = (text: string) => process.stdout.write(`\n${colors.bold(text)}\n`);
const stops: (() => unknown)[] = [removeAll];
const stopAll = async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
};
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void stopAll().finally(() => process.exit(130)));
try {
  const ground = await prepare();
  await measure(ground);
} finally {
  await stopAll();
}

async function prepare(): Promise<Ground> {
  heading("Preparing");
  await makeStageFolders();
  if (!existsSync(stageFiles.containersConf)) await configureContainerEngine();
  await ensureVersitygw(narrate);
  const { worker, fleetPostgresql } = await narrate("images", () => ensureStageImages(narrate));
  const stockTools = await narrate("image of stock tools", () => ensureStockToolsImage(narrate));
  await ensureEscrowKeys(worker);
  await removeAll();
  const database = await narrate("an empty PostgreSQL 17", () => startDatabase(fleetPostgresql));
  await narrate(`make its rows (scale ${scale})`, () => seedDatabase(scale));
  const objectStore = await startObjectStore();
  stops.push(objectStore.stop);
  const standIn = await startStandIn({ username: "postgres", password: database.password });
  stops.push(standIn.stop);
  const escrow = await readFile(stageFiles.escrow.publicKey, "utf8");
  return { images: { worker, stockTools }, database, objectStore, standInUrl: standIn.url, escrow };
}

async function measure(ground: Ground): Promise<void> {
  // These two also bring the database into the page cache, for everyone alike.
  const plainBytes = await narrate("the size of its dump", () => count(ground, "plain-bytes"));
  const zstdBytes = await narrate("the same compressed by zstd -3", () => count(ground, "zstd-bytes"));
  heading(
    `${(plainBytes / 1e9).toFixed(2)} GB of dump, ${(plainBytes / zstdBytes).toFixed(2)} times smaller by zstd -3`,
  );
  const contestants = contestantsOn(ground, plainBytes);
  const runs = await race(contestants, rounds, ground, {
    begun: (id, round) =>
      process.stdout.write(`  … round ${round + 1} of ${rounds}  (${id}) ${contestants[id].title}\n`),
    ended: ({ seconds, watched }) =>
      process.stdout.write(
        `      ${seconds.toFixed(1)} s, ${(plainBytes / 1e6 / seconds).toFixed(0)} MB/s; other programs took ${(watched.otherCpuSeconds / seconds).toFixed(2)} processors${watched.node ? `; Node at most ${(watched.node.peakBytes / 1e6).toFixed(0)} MB` : ""}\n`,
      ),
  });
  const text = report({
    runs,
    contestants,
    plainBytes,
    zstdBytes,
    command: "npm run bench -- postgresql",
    at: new Date(),
  });
  process.stdout.write(`\n${text}\n\n`);
  if (plainBytes < WHOLE_BYTES || rounds < LEAST_ROUNDS)
    return void process.stdout.write("docs/performance.md is left as it is: this was only a quick look\n");
  await writeReport(text);
  process.stdout.write("docs/performance.md holds this table now\n");
}

async function count(ground: Ground, name: "plain-bytes" | "zstd-bytes"): Promise<number> {
  const container = pipelineContainer(ground, name);
  await start(container);
  return Number(await finished(container.name));
}
