import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { onTestFinished, vi } from "vitest";
import { commands } from "#adapters/commands/commands.ts";
import type { Artifact } from "#domain/artifact.ts";
import { FactsDiffer } from "#domain/errors.ts";
import { compareFacts, countFacts, describeDifferences, type Facts } from "#domain/facts.ts";
import { sha256 } from "#domain/hashes.ts";
import { restoreIdOf } from "#domain/ids.ts";
import type { CapturedStream, CaptureTools, PointToRestore, RestoreTools, VerifyTools } from "#ports/engine.ts";
import { privateFolder } from "./real-redis.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 300_000 }); // real servers, and turns that are waited for

const log = { info: () => {}, error: () => {} };

export type World = {
  secrets: Record<string, string>;
  stop: AbortController;
  stored: { stream: CapturedStream; bytes: Buffer }[];
  /** What `open` answers: the first stored stream, unless a test puts something else here. */
  rdb?: Buffer;
  phases: string[];
  /** Called when a phase begins. */
  onPhase: (name: string) => Promise<void>;
  /** Facts as they were handed over to be compared. */
  compared: Facts[];
  capture(): Promise<CaptureTools>;
  verify(): Promise<VerifyTools>;
  restore(fingerprint: string): Promise<RestoreTools>;
  point(facts?: Facts): PointToRestore;
};

/** Tools as a task has them, with memory in the place of S3. A stream is stored when its command and its proof say so. */
export function redisWorld(): World {
  const tools = async () => {
    const workDir = await privateFolder();
    return {
      commands: commands(workDir),
      secrets: { read: async () => world.secrets },
      log,
      signal: world.stop.signal,
      workDir,
    };
  };
  const world: World = {
    secrets: {},
    stop: new AbortController(),
    stored: [],
    phases: [],
    onPhase: async () => {},
    compared: [],
    capture: async () => ({
      ...(await tools()),
      store: async (stream) => void world.stored.push({ stream, bytes: await readWhole(stream) }),
    }),
    verify: async () => ({
      ...(await tools()),
      open: () => pieces(world.rdb ?? world.stored[0]?.bytes ?? Buffer.alloc(0)),
    }),
    restore: async (fingerprint) => ({
      ...(await world.verify()),
      restoreId: restoreIdOf("test", new Date()),
      fingerprint,
      phase: async (name, work) => {
        world.phases.push(name);
        await world.onPhase(name);
        return work();
      },
      compare: (captured, restored) => {
        world.compared.push(captured, restored);
        const differences = compareFacts(captured, restored);
        if (differences.length > 0 || countFacts(captured) === 0)
          throw new FactsDiffer(describeDifferences(differences));
      },
    }),
    point: (facts = {}) => ({
      artifacts: [artifact(world.rdb ?? world.stored[0]?.bytes ?? Buffer.alloc(1))],
      facts,
      options: {},
    }),
  };
  return world;
}

/** Puts a shell script in the place of `redis-cli` for captures; `$REAL` is the real one. */
export const insteadOfRedisCli = (script: string) =>
  insteadOf("redis-cli", `case "$*" in *--rdb*) ;; *) exec $REAL "$@";; esac\n${script}`);

/** A `redis-server` that says it is of this version, and does `script` when it is to run. */
export const insteadOfRedisServer = (version: string, script = 'exec $REAL "$@"') =>
  insteadOf("redis-server", `case "$*" in *--version*) echo "${version}"; exit 0;; esac\n${script}`);

async function insteadOf(tool: string, script: string): Promise<void> {
  const folder = await privateFolder();
  const before = process.env["PATH"] ?? "";
  await writeFile(join(folder, tool), `#!/bin/sh\nREAL=/usr/bin/${tool}\n${script}\n`, { mode: 0o755 });
  process.env["PATH"] = `${folder}:${before}`;
  onTestFinished(() => {
    process.env["PATH"] = before;
  });
}

/** Restores use one fixed port: test files that run side by side take turns. */
export async function oneAtATime(): Promise<void> {
  const lock = join(tmpdir(), "redis-scratch-port");
  while (
    !(await mkdir(lock).then(
      () => true,
      () => false,
    ))
  )
    await wait(100);
  onTestFinished(() => rm(lock, { recursive: true, force: true }));
}

function artifact(bytes: Buffer): Artifact {
  const stored = { bytes: bytes.length || 1, sha256: sha256(bytes) };
  return {
    key: "test/2026-02-23-020000-nightly/cache-2026-02-23-020000-nightly.0.000.rdb.zst.gpg",
    kind: "rdb",
    holds: "keys",
    ...stored,
    plainBytes: bytes.length,
    plainSha256: stored.sha256,
    parts: [stored],
    compositeSha256: "",
    exitCodes: {},
    formatProof: "",
  };
}

async function readWhole(stream: CapturedStream): Promise<Buffer> {
  const output = stream.open();
  const proof = stream.prove();
  const chunks: Uint8Array[] = [];
  for await (const chunk of output.bytes) {
    proof.stream.write(chunk);
    chunks.push(Buffer.from(chunk)); // the next one overwrites it
  }
  proof.stream.end();
  await Promise.all([output.exitCodes, proof.exitCodes]);
  return Buffer.concat(chunks);
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
