import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { z } from "zod";
import { configureContainerEngine } from "../../../local/container-engine.ts";
import { ensureStageImages } from "../../../local/images/images.ts";
import { narrateTo } from "../../../local/narrate.ts";
import { makeStageFolders, repositoryRoot, stageFiles } from "../../../local/stage-layout.ts";
import { finished, MEMORY_MEBIBYTES, removeAll, start } from "../containers.ts";
import { BUCKET, ensureVersitygw, startObjectStore } from "../object-store.ts";

/** `npm run bench -- memory`: what the worker's process holds while one long stream goes through it. */
const { values } = parseArgs({ options: { gigabytes: { type: "string", default: "10" } } });
const bytes = Number(values.gigabytes) * 1e9;
if (!(bytes > 0)) throw new Error("--gigabytes takes a number above 0");

const FIRST_BYTES = 100e6;
const SHARES = [0.1, 0.25, 0.5, 0.75, 1];
const MOUNT = "/holdfast";
const Samples = z.array(z.object({ read: z.number(), residentBytes: z.number() }));
const narrate = narrateTo(process.stdout);
const stops: (() => unknown)[] = [removeAll];
try {
  await makeStageFolders();
  if (!existsSync(stageFiles.containersConf)) await configureContainerEngine();
  await ensureVersitygw(narrate);
  const { worker } = await narrate("images", () => ensureStageImages(narrate));
  await removeAll();
  const objectStore = await startObjectStore(); // it keeps what it gets in files
  stops.push(objectStore.stop);
  const name = "holdfast-bench-memory";
  const samples = await narrate(`${bytes / 1e9} GB through one process`, async () => {
    await start({
      name,
      image: worker,
      options: [`--memory=${MEMORY_MEBIBYTES}m`, `--volume=${repositoryRoot}:${MOUNT}:ro`, `--workdir=${MOUNT}`],
      argv: ["node", "test/bench/memory/stream.ts", String(bytes), BUCKET],
      env: {
        AWS_ENDPOINT_URL_S3: objectStore.url,
        AWS_ACCESS_KEY_ID: objectStore.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: objectStore.credentials.secretAccessKey,
        AWS_REGION: "us-east-1",
      },
    });
    const printed = await finished(name);
    return Samples.parse(
      printed
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    );
  });
  show(samples);
} finally {
  for (const stop of stops.reverse()) await stop();
}

function show(samples: z.infer<typeof Samples>): void {
  const table = new Table({ head: ["read, MB", "resident, MB"] });
  const marks = [FIRST_BYTES, ...SHARES.map((share) => share * bytes)].filter((mark) => mark >= FIRST_BYTES);
  for (const mark of marks) {
    const sample = samples.find(({ read }) => read >= mark) ?? samples.at(-1);
    if (sample) table.push([(sample.read / 1e6).toFixed(0), (sample.residentBytes / 1e6).toFixed(0)]);
  }
  const later = samples.filter(({ read }) => read >= FIRST_BYTES).map(({ residentBytes }) => residentBytes);
  process.stdout.write(
    `${table}\nfrom ${FIRST_BYTES / 1e6} MB on: ${(Math.min(...later) / 1e6).toFixed(0)}–${(Math.max(...later) / 1e6).toFixed(0)} MB\n`,
  );
}
