import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { S3Client } from "@aws-sdk/client-s3";
import { z } from "zod";
import { expirePoints } from "#app/expire-points.ts";
import { indexPoints } from "#app/index-points.ts";
import { listPoints } from "#app/list-points.ts";
import { planRetention } from "#app/plan-retention.ts";
import { prunePoints } from "#app/prune-points.ts";
import { sweepRepository } from "#app/sweep-repository.ts";
import { BUCKET } from "../object-store.ts";
import { benchPorts, HOUR_MS } from "./stage.ts";

/** One measurement in a process of its own, as it would be in a function: `measure.ts <what> <now, ISO> [once]`. Prints JSON. */
const [what = "", now = "", times] = process.argv.slice(2);
const { BENCH_SIGNING_KEY, AWS_ENDPOINT_URL_S3 } = z
  .object({ BENCH_SIGNING_KEY: z.string(), AWS_ENDPOINT_URL_S3: z.url() })
  .parse(process.env);
const s3 = new S3Client({ region: "us-east-1", endpoint: AWS_ENDPOINT_URL_S3 });
const at = new Date(now);
const ports = benchPorts(s3, BUCKET, BENCH_SIGNING_KEY, at);
const openCopy = () => ports.repository; // the plan has none
/** A night later, when what the first sweep has let go of may be deleted. */
const tomorrow = new Date(at.getTime() + 25 * HOUR_MS);
const execution = (startTime: Date) => ({
  execution: { id: `bench-${startTime.getTime()}`, startTime: startTime.toISOString() },
});

const deeds: Record<string, () => Promise<unknown>> = {
  list: async () => (await listPoints({ ...ports, openCopy })({ newest: 50 })).figures["readFrom"],
  plan: async () => (await planRetention({ ...ports, openCopy })({})).verdict,
  index: async () => (await indexPoints(ports)()).verdict,
  expire: () => expirePoints(ports)(execution(at)),
  prune: () => prunePoints(benchPorts(s3, BUCKET, BENCH_SIGNING_KEY, tomorrow))(execution(tomorrow)),
  // Not its verdict: this server says the first object of a page twice, which looks written over.
  sweep: async () => `${(await sweepRepository(ports)({ lostAfterMinutes: 5 })).figures["objects"]} objects`,
};
const deed = deeds[what];
if (!deed) throw new Error(`measures ${Object.keys(deeds).join(", ")}`);
const seconds: number[] = [];
let found: unknown;
for (let round = 0; round < (times === "once" ? 1 : 3); round++) {
  const begun = performance.now();
  found = await deed();
  seconds.push((performance.now() - begun) / 1000);
}
const peakBytes = 1024 * Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]);
process.stdout.write(JSON.stringify({ seconds, peakBytes, found }));
