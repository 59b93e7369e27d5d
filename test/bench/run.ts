import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import colors from "picocolors";
import { z } from "zod";
import { configureContainerEngine } from "../../local/container-engine.ts";
import { ensureEscrowKeys } from "../../local/escrow.ts";
import { ensureStageImages, ensureStockToolsImage } from "../../local/images/images.ts";
import { narrateTo } from "../../local/narrate.ts";
import { makeStageFolders, stageFiles } from "../../local/stage-layout.ts";
import { finished, removeAll, start } from "./containers.ts";
import { type Contestant, contestantsOn, pipelineContainer } from "./contestants.ts";
import { seedDatabase, startDatabase } from "./database.ts";
import type { Ground } from "./ground.ts";
import { ensureVersitygw, startObjectStore } from "./object-store.ts";
import { type Run, race } from "./race.ts";
import { captureReport, restoreReport, writeReport } from "./report.ts";
import { prepareRestores } from "./restore-contestants.ts";
import { startStandIn } from "./stand-in.ts";

/**
 * `npm run bench -- capture`: holdfast's worker beside the pipelines that people write by hand, into the same S3 server;
 * `npm run bench -- restore`: its restore beside theirs. `--scale`
 * makes the database smaller or larger; docs/performance.md is written only by a whole measurement, so never by a quick look.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { scale: { type: "string", default: "1" }, rounds: { type: "string", default: "3" } },
});
const what = z.enum(["capture", "restore"]).parse(positionals[0]);
const scale = Number(values.scale);
const rounds = Number(values.rounds);
const COMMANDS = { capture: "npm run bench -- capture", restore: "npm run bench -- restore" };
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
  return { images: { worker, stockTools }, database, objectStore, standIn, escrow };
}

async function measure(ground: Ground): Promise<void> {
  // These two also bring the database into the page cache, for everyone alike.
  const plainBytes = await narrate("the size of its dump", () => count(ground, "plain-bytes"));
  const zstdBytes = await narrate("the same compressed by zstd -3", () => count(ground, "zstd-bytes"));
  const sizes = { plainBytes, zstdBytes, rounds };
  heading(
    `${(plainBytes / 1e9).toFixed(2)} GB of dump, ${(plainBytes / zstdBytes).toFixed(2)} times smaller by zstd -3`,
  );
  if (what === "capture") {
    const contestants = contestantsOn(ground, plainBytes);
    const runs = await race(contestants, rounds, ground, tellOf(contestants, plainBytes));
    await show(captureReport({ runs, contestants, ...sizes, command: COMMANDS.capture, at: new Date() }), plainBytes);
  } else {
    const contestants = await narrate("what the restores begin with", () => prepareRestores(ground, plainBytes));
    const runs = await race(contestants, rounds, ground, tellOf(contestants, plainBytes));
    await show(restoreReport({ runs, contestants, ...sizes, command: COMMANDS.restore, at: new Date() }), plainBytes);
  }
}

function tellOf(contestants: Record<string, Contestant>, plainBytes: number) {
  return {
    begun: (id: string, round: number) =>
      void process.stdout.write(`  … round ${round + 1} of ${rounds}  (${id}) ${contestants[id]?.title}\n`),
    ended: ({ seconds, watched }: Run<string>) =>
      void process.stdout.write(
        `      ${seconds.toFixed(1)} s, ${(plainBytes / 1e6 / seconds).toFixed(0)} MB/s; other programs took ${(watched.otherCpuSeconds / seconds).toFixed(2)} processors${watched.node ? `; Node at most ${(watched.node.peakBytes / 1e6).toFixed(0)} MB` : ""}\n`,
      ),
  };
}

async function show(text: string, plainBytes: number): Promise<void> {
  process.stdout.write(`\n${text}\n\n`);
  if (plainBytes < WHOLE_BYTES || rounds < LEAST_ROUNDS)
    return void process.stdout.write("docs/performance.md is left as it is: this was only a quick look\n");
  await writeReport(COMMANDS[what], text);
  process.stdout.write("docs/performance.md holds this table now\n");
}

async function count(ground: Ground, name: "plain-bytes" | "zstd-bytes"): Promise<number> {
  const container = pipelineContainer(ground, name);
  await start(container);
  return Number(await finished(container.name));
}
