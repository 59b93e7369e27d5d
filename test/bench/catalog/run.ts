import { generateKeyPairSync, sign } from "node:crypto";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Table from "cli-table3";
import { execa } from "execa";
import { z } from "zod";
import { narrateTo } from "../../../local/narrate.ts";
import { makeStageFolders } from "../../../local/stage-layout.ts";
import { ensureVersitygw, startObjectStore } from "../object-store.ts";
import { makeRepository } from "./make-repository.ts";

/**
 * `npm run bench -- catalog`: what people wait for, and what the sweeps take, in a repository of 10,000 points and a million
 * objects on a real S3 server. `--scale` makes fewer of both; `--only list,plan` measures these with an index that is made with
 * the rest, and leaves out what reads every manifest, for which this server is slow.
 */
const { values } = parseArgs({ options: { scale: { type: "string", default: "1" }, only: { type: "string" } } });
const scale = Number(values.scale);
if (!(scale > 0)) throw new Error("--scale takes a number above 0");
const only = values.only?.split(",");
const [POINTS, OBJECTS] = [10_000, 1_000_000];
const Measured = z.object({ seconds: z.array(z.number()), peakBytes: z.number(), found: z.unknown() });
/** In this order: what comes later begins with what those before have left. */
const STEPS = [
  { what: "list", title: "list-points, without an index", times: "again" },
  { what: "plan", title: "plan-retention, without an index", times: "once" },
  { what: "index", title: "index-points: every manifest is read", times: "once" },
  { what: "list", title: "list-points", times: "again" },
  { what: "plan", title: "plan-retention", times: "again" },
  { what: "expire", title: "expire-points", times: "once" },
  { what: "prune", title: "prune-points", times: "once" },
  { what: "plan", title: "plan-retention after the sweep", times: "again" },
  { what: "sweep", title: "sweep-repository", times: "once" },
];

const narrate = narrateTo(process.stdout);
await makeStageFolders();
await ensureVersitygw(narrate);
const objectStore = await startObjectStore();
try {
  const { privateKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { format: "pem", type: "spki" },
    privateKeyEncoding: { format: "pem", type: "pkcs8" },
  });
  const hour = new Date(Math.floor(Date.now() / 3600_000) * 3600_000);
  const wanted = { points: Math.round(POINTS * scale), objects: Math.round(OBJECTS * scale), newest: hour };
  const signer = { sign: async (bytes: Uint8Array) => sign("sha256", bytes, privateKey) };
  const made = await narrate(`make ${wanted.objects.toLocaleString("en")} objects`, () =>
    makeRepository(objectStore.bucketFolder, signer, wanted),
  );
  process.stdout.write(
    `\n${made.points.toLocaleString("en")} points of ${made.artifactsPerPoint} artifacts, ${made.objects.toLocaleString("en")} objects\n`,
  );
  const now = new Date().toISOString();
  const table = new Table({ head: ["", "first call, s", "warm, s", "peak memory, MB", "answer"], wordWrap: true });
  if (only) await made.putIndex();
  for (const { what, title, times } of only ? only.map((what) => ({ what, title: what, times: "again" })) : STEPS) {
    const { stdout } = await narrate(title, () =>
      execa(process.execPath, [join(import.meta.dirname, "measure.ts"), what, now, times], {
        env: {
          BENCH_SIGNING_KEY: privateKey,
          AWS_ENDPOINT_URL_S3: objectStore.loopbackUrl,
          AWS_ACCESS_KEY_ID: objectStore.credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: objectStore.credentials.secretAccessKey,
        },
      }),
    );
    const { seconds, peakBytes, found } = Measured.parse(JSON.parse(stdout));
    const [first = 0, ...warm] = seconds;
    table.push([
      title,
      first.toFixed(2),
      warm.length > 0 ? Math.min(...warm).toFixed(2) : "",
      (peakBytes / 1e6).toFixed(0),
      JSON.stringify(found).slice(0, 160),
    ]);
    process.stdout.write(
      `  ${title}: ${seconds.map((one) => one.toFixed(2)).join(", ")} s, ${(peakBytes / 1e6).toFixed(0)} MB, ${JSON.stringify(found)}\n`,
    );
  }
  process.stdout.write(`${table}\n`);
} finally {
  await objectStore.stop();
}
