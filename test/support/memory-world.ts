import { createHash } from "node:crypto";
import type { Announcement } from "#domain/announcement.ts";
import type { Artifact } from "#domain/artifact.ts";
import { compositeSha256, sha256 } from "#domain/hashes.ts";
import { BackupId } from "#domain/ids.ts";
import type { Captured } from "#domain/outcome.ts";
import type { Plan } from "#domain/plan.ts";
import { repositoryLayout } from "#domain/repository-layout.ts";
import type { ObjectHistory } from "#domain/tampering.ts";
import { tallies } from "#engines/descriptions.ts";
import type { Happening } from "#events/happenings.ts";
import type { Metrics } from "#ports/metrics.ts";
import type { Repository } from "#ports/repository.ts";

/** A repository in memory, for use cases only: what S3 does is proved on the stage. */
function memoryRepository() {
  const objects = new Map<string, Uint8Array>();
  const artifacts = new Map<string, Artifact>();
  const histories = new Map<string, ObjectHistory>();
  const at = new Date("2026-02-23T02:00:00Z");
  const historyOf = (key: string) => histories.get(key) ?? { key, versions: [{ versionId: "1", at }], markers: [] };
  const repository: Repository = {
    read: async (key) => objects.get(key),
    readRange: async (key, { start, end }) => objects.get(key)?.subarray(start, end + 1) ?? new Uint8Array(),
    head: async (key) => {
      const artifact = artifacts.get(key);
      if (artifact) return { bytes: artifact.bytes, versionId: "1", compositeSha256: artifact.compositeSha256 };
      const bytes = objects.get(key);
      return bytes && { bytes: bytes.length, versionId: "1", compositeSha256: undefined };
    },
    create: async (key, body) => {
      if (objects.has(key)) return "exists";
      objects.set(key, typeof body === "string" ? new TextEncoder().encode(body) : body);
      return "created";
    },
    async *list(prefix) {
      yield* [...objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
    },
    async *histories(prefix) {
      for (const key of [...objects.keys(), ...artifacts.keys()].toSorted())
        if (key.startsWith(prefix)) yield historyOf(key);
    },
    history: async (key) => (objects.has(key) || artifacts.has(key) ? historyOf(key) : undefined),
    folders: async (prefix) =>
      [
        ...new Set(
          [...objects.keys(), ...artifacts.keys()]
            .filter((key) => key.startsWith(prefix))
            .map((key) => key.slice(prefix.length).split("/")[0] ?? ""),
        ),
      ].toSorted(),
  };
  return { objects, artifacts, histories, repository };
}

export const aBackup = BackupId.parse("2026-02-23-020000-nightly");
const stage = "test";
export const layout = repositoryLayout(stage);

/** One stage with its ports in memory; what was told and started is kept. */
export function memoryWorld() {
  const { objects, artifacts, histories, repository } = memoryRepository();
  const happened: Happening[] = [];
  const told: Announcement[] = [];
  const running = new Set<string>();
  const started: { name: string; input: unknown }[] = [];
  const lines: string[] = [];
  const measured: Record<string, number | string>[] = [];
  return {
    objects,
    artifacts,
    histories,
    happened,
    told,
    started,
    running,
    lines,
    measured,
    ports: {
      repository,
      openCopy: (): Repository => {
        throw new Error("there is no copy in this world");
      },
      layout,
      stage,
      bucket: "the-bucket",
      signingKey: "arn:signing",
      version: "0.0.0",
      plan: aPlan,
      guides: {},
      tallies,
      clock: () => new Date("2026-02-23T03:00:00Z"),
      signer: { sign: async (bytes: Uint8Array) => new TextEncoder().encode(`signed ${sha256(bytes)}`) },
      signatures: {
        isSignedByUs: async (bytes: Uint8Array, signature: Uint8Array) =>
          new TextDecoder().decode(signature) === `signed ${sha256(bytes)}`,
        fingerprint: async () => "f".repeat(64),
      },
      events: { emit: async (happening: Happening) => void happened.push(happening) },
      channels: [{ name: "first", tell: async (announcement: Announcement) => void told.push(announcement) }],
      log: {
        info: (line: string) => void lines.push(line),
        error: (line: string) => void lines.push(line),
        belongsTo: () => {},
      },
      metrics: ((values, of) => void measured.push({ ...values, ...of })) satisfies Metrics,
      escalateMachine: "arn:escalate",
      machines: {
        start: async (_machine: string, name: string, input: unknown) => {
          const isNew = !started.some((one) => one.name === name);
          if (isNew) started.push({ name, input });
          return { executionArn: `arn:${name}`, isNew };
        },
        isRunning: async (executionArn: string) => running.has(executionArn),
      },
    },
  };
}
export type MemoryWorld = ReturnType<typeof memoryWorld>;

/** An artifact as a worker would have stored it. */
export function artifactOf(backupId: BackupId, source: string, text: string, number = 1): Artifact {
  const hash = createHash("sha256").update(text).digest("hex");
  return {
    key: layout.artifact(backupId, source, 0, number, "dump"),
    kind: "dump",
    holds: `database "${source}"`,
    bytes: text.length,
    sha256: hash,
    plainBytes: text.length,
    plainSha256: hash,
    parts: [{ bytes: text.length, sha256: hash }],
    compositeSha256: compositeSha256([hash]),
    exitCodes: { tool: 0 },
    formatProof: "read to its end",
  };
}

/** The source's task has ended well: its artifact is stored, its outcome written. Answers what the Map knows of it. */
export function capture(world: MemoryWorld, source: string, change: Partial<Captured> = {}, backupId = aBackup) {
  const artifact = artifactOf(backupId, source, `bytes of ${source}`);
  world.artifacts.set(artifact.key, artifact);
  const outcome: Captured = {
    succeeded: true,
    task: source,
    attempt: 0,
    engine: "postgresql",
    recoveredTo: "2026-02-23T02:00:05.000Z",
    startedAt: "2026-02-23T02:00:01.000Z",
    finishedAt: "2026-02-23T02:00:09.000Z",
    keyId: `${backupId}.${source}.0`,
    artifacts: [artifact],
    toolVersions: {},
    facts: { rows: { orders: 3 } },
    limits: [],
    ...change,
  };
  const told = [outcome.startedAt, outcome.recoveredTo, outcome.finishedAt].toSorted();
  storeAt(world, layout.taskInput(backupId, source), {}, told.at(0));
  storeAt(world, layout.outcome(backupId, source, outcome.attempt), outcome, told.at(-1));
  return { source, task: { exitCodes: [0] } };
}

/** By the repository's own clock. */
export function storeAt(world: MemoryWorld, key: string, value: object, at = ""): void {
  world.objects.set(key, new TextEncoder().encode(JSON.stringify(value)));
  world.histories.set(key, { key, versions: [{ versionId: "1", at: new Date(at) }], markers: [] });
}

export const aPlan: Plan = {
  sources: {
    "app-db": {
      engine: "postgresql",
      restoreTo: "staging-db",
      compression: 6,
      bandwidthLimit: "100MB/s",
      secret: "arn:app",
      connection: { host: "db", port: 5432 },
      databases: ["app"],
    },
    sessions: {
      engine: "redis",
      restoreTo: "staging-redis",
      compression: 3,
      secret: "arn:sessions",
      connection: { host: "cache", port: 6379 },
    },
  },
  targets: {
    "app-db-live": {
      engine: "postgresql",
      live: true,
      keepOldState: "7d",
      source: "app-db",
      secret: "arn:app-restore",
      connection: { host: "db", port: 5432 },
    },
    "staging-db": {
      engine: "postgresql",
      live: false,
      keepOldState: "7d",
      secret: "arn:staging",
      connection: { host: "staging", port: 5432 },
    },
    "staging-redis": {
      engine: "redis",
      live: false,
      keepOldState: "7d",
      secret: "arn:staging-redis",
      connection: { host: "staging", port: 6379 },
    },
  },
  backups: { nightly: { schedule: "0 2 * * *", sources: ["app-db", "sessions"] } },
  objectives: { "app-db": { rpo: "24h", rto: "30m" }, sessions: { rpo: "24h", rto: "10m" } },
  encryption: { escrow: "none", because: "a plan for tests" },
  tell: {},
};
