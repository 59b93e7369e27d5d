import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { execa } from "execa";
import { configureContainerEngine } from "../../../local/container-engine.ts";
import { ensureEscrowKeys } from "../../../local/escrow.ts";
import { debianImage, ensureDebianImage } from "../../../local/images/base-images.ts";
import { ensureImage } from "../../../local/images/build-image.ts";
import { ensureStageImages } from "../../../local/images/images.ts";
import { narrateTo } from "../../../local/narrate.ts";
import { makeStageFolders, stageFiles } from "../../../local/stage-layout.ts";
import { finished, removeAll, start } from "../containers.ts";
import { ensureVersitygw, startObjectStore } from "../object-store.ts";
import { watchMemory } from "../peak-memory.ts";
import { startStandIn } from "../stand-in.ts";
import { type FilesContestant, type FilesGround, restic, TREE, worker } from "./contestants.ts";
import { makeTree } from "./tree.ts";

/** `npm run bench -- files`: a tree of files, captured by holdfast's worker and by restic into the same S3 server. */
const { values } = parseArgs({
  options: { scale: { type: "string", default: "1" }, rounds: { type: "string", default: "3" } },
});
const [scale, rounds] = [Number(values.scale), Number(values.rounds)];
if (!(scale > 0) || !Number.isInteger(rounds) || rounds < 1)
  throw new Error("--scale takes a number above 0, and --rounds a whole one");

type Run = { title: string; seconds: number; peakBytes: number; storedBytes: number };
const AIM = 0.7;
const narrate = narrateTo(process.stdout);
const stops: (() => unknown)[] = [removeAll];
try {
  await measure(await prepare());
} finally {
  for (const stop of stops.reverse()) await stop();
}

async function prepare(): Promise<FilesGround> {
  await makeStageFolders();
  if (!existsSync(stageFiles.containersConf)) await configureContainerEngine();
  await ensureVersitygw(narrate);
  const { worker: workerImage } = await narrate("images", () => ensureStageImages(narrate));
  await ensureEscrowKeys(workerImage);
  await ensureDebianImage(narrate);
  const context = join(import.meta.dirname, "restic");
  const recipe = { name: "holdfast-bench-restic", context, inputs: [], from: debianImage };
  const resticImage = await ensureImage({ ...recipe, containerfile: join(context, "Containerfile") }, narrate);
  await removeAll();
  const fileSystem = join(stageFiles.root, "bench-files");
  stops.push(() => rm(fileSystem, { recursive: true, force: true }));
  const made = await narrate(`a tree of files (scale ${scale})`, () => makeTree(join(fileSystem, TREE), scale));
  process.stdout.write(`\n${made.files.toLocaleString("en")} files, ${(made.bytes / 1e6).toFixed(0)} MB\n`);
  const objectStore = await startObjectStore();
  stops.push(objectStore.stop);
  const standIn = await startStandIn({});
  stops.push(standIn.stop);
  const escrow = await readFile(stageFiles.escrow.publicKey, "utf8");
  return {
    images: { worker: workerImage, restic: resticImage },
    ...{ objectStore, standInUrl: standIn.url, escrow, fileSystem },
  };
}

async function measure(ground: FilesGround): Promise<void> {
  const contestants = [restic(ground), worker(ground)];
  await execa("tar", ["--create", "--file=/dev/null", ground.fileSystem]); // into the page cache, for both alike
  const runs: Run[] = [];
  for (let round = 0; round < rounds; round++)
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed())
      runs.push(await once(contestant, round));
  const titles = contestants.map(({ title }) => title);
  const medians = titles.map((title) => median(runs.filter((run) => run.title === title).map((run) => run.seconds)));
  const table = new Table({ head: ["full backup", "seconds, median", "peak memory, MB", "stored MB"] });
  for (const [at, title] of titles.entries()) {
    const own = runs.filter((run) => run.title === title);
    const peak = Math.max(...own.map(({ peakBytes }) => peakBytes));
    table.push([
      title,
      (medians[at] ?? 0).toFixed(1),
      (peak / 1e6).toFixed(0),
      ((own[0]?.storedBytes ?? 0) / 1e6).toFixed(0),
    ]);
  }
  const [theirs = 0, ours = 0] = medians;
  process.stdout.write(`${table}\nholdfast/restic: ${(ours / theirs).toFixed(2)} (aim: ≤ ${AIM})\n`);
}

/** From before the container is made until it has ended. */
async function once(contestant: FilesContestant, round: number): Promise<Run> {
  const container = await contestant.prepare(round);
  await execa("sync"); // what the one before has left to the disk is not this one's
  const begun = performance.now();
  let peakBytes = 0;
  const watching = watchMemory(await start(container), (bytes) => {
    peakBytes = Math.max(peakBytes, bytes);
  });
  await finished(container.name).finally(() => watching.stop());
  const seconds = (performance.now() - begun) / 1000;
  process.stdout.write(`  round ${round + 1} of ${rounds}: ${contestant.title}, ${seconds.toFixed(1)} s\n`);
  return { title: contestant.title, seconds, peakBytes, storedBytes: await contestant.check(round) };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((x, y) => x - y);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
