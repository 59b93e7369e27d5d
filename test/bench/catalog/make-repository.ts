import { createHash } from "node:crypto";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import pMap from "p-map";
import type { Index } from "#app/point-index.ts";
import { compositeSha256, sha256 } from "#domain/hashes.ts";
import { type BackupId, scheduledBackupId, stampedId } from "#domain/ids.ts";
import type { ListedPoint } from "#domain/listed-point.ts";
import { Manifest } from "#domain/manifest.ts";
import type { VerifiedProof } from "#domain/proof.ts";
import type { Signer } from "#ports/keys.ts";
import { HOUR_MS, layout, SOURCES, STAGE } from "./stage.ts";

const AT_ONCE = 64;
/** Manifest, its signature, RESTORE.md, data key, verified proof and its signature. */
const BESIDE_ARTIFACTS = 6;
const SHARE_OF_POINTS = 0.7;

/** `putIndex`: as `index-points` would write it. */
export type Made = { points: number; objects: number; artifactsPerPoint: number; putIndex: () => Promise<void> };

/**
 * Puts a repository where the S3 server finds the objects of its bucket: it serves files as objects, and a million requests
 * would take most of an hour. Signed points, all verified, one of each source every six hours; what is left of `objects` are
 * exports of the audit log. Artifacts are empty: nobody opens them here, and they are listed all the same.
 */
export async function makeRepository(
  folder: string,
  signer: Signer,
  wanted: { points: number; objects: number; newest: Date },
): Promise<Made> {
  const perPoint = Math.floor((wanted.objects * SHARE_OF_POINTS) / wanted.points) - BESIDE_ARTIFACTS;
  if (perPoint < 1) throw new Error("too few objects for so many points");
  const put = putter(folder);
  const points = await pMap(
    Array.from({ length: wanted.points }, (_, number) => number),
    (number) => putPoint(put, signer, perPoint, SOURCES[number % SOURCES.length] ?? "", hoursBefore(wanted, number)),
    { concurrency: AT_ONCE },
  );
  const runs = Math.min(wanted.points, RUNS_KEPT);
  for (let number = 0; number < runs; number++)
    await putRun(put, SOURCES[number % SOURCES.length] ?? "", hoursBefore(wanted, number));
  const left = wanted.objects - wanted.points * (perPoint + BESIDE_ARTIFACTS) - runs * OBJECTS_OF_A_RUN;
  const putExport = async (number: number) => {
    const id = stampedId("made", new Date(wanted.newest.getTime() - number * 1_000));
    const day = id.slice(0, 10);
    for (const format of ["csv", "json"]) await put(layout.auditExport(id, day, day, format), "{}");
  };
  await pMap(
    Array.from({ length: left >> 1 }, (_, number) => number),
    putExport,
    { concurrency: AT_ONCE },
  );
  const putIndex = async () => {
    const index: Index = { schema: 1, begunAt: new Date(), points, refused: [] };
    const bytes = new TextEncoder().encode(JSON.stringify(index));
    const key = layout.index(index.begunAt);
    await put(layout.proofSignature(key, sha256(bytes)), await signer.sign(bytes));
    await put(key, bytes);
  };
  return { points: wanted.points, objects: wanted.objects, artifactsPerPoint: perPoint, putIndex };
}

const HOURS_APART = 6;
/** Of 30 days: each is a capture and its verification. */
const RUNS_KEPT = ((30 * 24) / HOURS_APART) * SOURCES.length;
const OBJECTS_OF_A_RUN = 6;
const hoursBefore = ({ newest }: { newest: Date }, number: number) =>
  new Date(newest.getTime() - Math.floor(number / SOURCES.length) * HOURS_APART * HOUR_MS);

/** `at`: when S3 says that it was written, else now. */
type Put = (key: string, body: string | Uint8Array, at?: Date) => Promise<void>;

function putter(folder: string): Put {
  const made = new Map<string, Promise<unknown>>();
  return async (key, body, at) => {
    const file = join(folder, key);
    const parent = dirname(file);
    const making = made.get(parent) ?? mkdir(parent, { recursive: true });
    made.set(parent, making);
    await making;
    await writeFile(file, body);
    if (at) await utimes(file, at, at);
  };
}

async function putPoint(put: Put, signer: Signer, artifacts: number, source: string, at: Date): Promise<ListedPoint> {
  const backupId = scheduledBackupId(`often-${source}`, at);
  const manifest = manifestOf(backupId, source, at, artifacts);
  const bytes = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`);
  for (const { key } of manifest.components[source]?.artifacts ?? []) await put(key, "");
  await put(layout.restoreGuide(backupId), "");
  await put(layout.wrappedKey(`${backupId}.${source}.0`, 1), "{}");
  await put(layout.manifestSignature(backupId, sha256(bytes)), await signer.sign(bytes));
  await put(layout.manifest(backupId), bytes);
  const proof: VerifiedProof = {
    schema: 1,
    backupId,
    source,
    manifestSha256: sha256(bytes),
    verifiedAt: new Date(at.getTime() + 60_000).toISOString(),
    bytesRead: artifacts,
  };
  const proved = new TextEncoder().encode(`${JSON.stringify(proof, null, 2)}\n`);
  const key = layout.proof(backupId, source, "verified", `verify-${backupId}`);
  await put(layout.proofSignature(key, sha256(proved)), await signer.sign(proved));
  await put(key, proved);
  const its = { source, backupId, recoveredTo: at, manifestSha256: sha256(bytes), bytes: artifacts };
  return { ...its, proof: "verified", verifiedAt: new Date(proof.verifiedAt) };
}

async function putRun(put: Put, source: string, at: Date): Promise<void> {
  const backupId = scheduledBackupId(`often-${source}`, at);
  await put(layout.claim(backupId), "{}", at);
  await put(layout.reading(backupId, at), "{}", at);
  for (const [verb, runId] of [["capture", backupId] as const, ["verify", `verify-${backupId}`] as const]) {
    await put(layout.taskInput(runId, source), JSON.stringify({ verb, backupId }), at);
    await put(layout.outcome(runId, source, 0), "{}", at);
  }
}

function manifestOf(backupId: BackupId, source: string, at: Date, artifacts: number): Manifest {
  const instant = at.toISOString();
  const hash = createHash("sha256").update(backupId).digest("hex");
  return Manifest.parse({
    schema: 1,
    backupId,
    stage: STAGE,
    timestamp: instant,
    version: "bench",
    outcome: "COMPLETE",
    components: {
      [source]: {
        file: `${source}-${backupId}.0.001.dump.zst.gpg`,
        size: artifacts,
        engine: "postgresql",
        recoveredTo: instant,
        startedAt: instant,
        finishedAt: instant,
        keyId: `${backupId}.${source}.0`,
        artifacts: Array.from({ length: artifacts }, (_, number) => ({
          key: layout.artifact(backupId, source, 0, number + 1, "dump"),
          kind: "dump",
          holds: `database "tenant_${number}"`,
          subject: `tenant_${number}`,
          bytes: 1,
          sha256: hash,
          plainBytes: 1,
          plainSha256: hash,
          parts: [{ bytes: 1, sha256: hash }],
          compositeSha256: compositeSha256([hash]),
          exitCodes: { pg_dump: 0, zstd: 0, gpg: 0 },
          formatProof: "read to its end",
        })),
        toolVersions: { pg_dump: "17.11", zstd: "1.5.7", gpg: "2.4.7" },
        facts: { rows: { "public.orders": 1_000, "public.customers": 100 } },
        limits: [],
      },
    },
    failed: {},
    restoreGuideSha256: hash,
  });
}
