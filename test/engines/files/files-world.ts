import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { commands } from "#adapters/commands/commands.ts";
import type { Artifact } from "#domain/artifact.ts";
import { FactsDiffer } from "#domain/errors.ts";
import { compareFacts, countFacts, describeDifferences, type Facts } from "#domain/facts.ts";
import { mountOf } from "#domain/file-systems.ts";
import { sha256 } from "#domain/hashes.ts";
import { RestoreId } from "#domain/ids.ts";
import { capture } from "#engines/files/capture.ts";
import { FilesSource, type FilesTarget } from "#engines/files/config.ts";
import { dropOld } from "#engines/files/drop-old.ts";
import { restore } from "#engines/files/restore.ts";
import { rollback } from "#engines/files/rollback.ts";
import { inspect } from "#engines/files/target.ts";
import type { CapturedStream, CaptureResult, EngineTools, PointToRestore, RestoreResult } from "#ports/engine.ts";
import { testFileSystem } from "./file-system.ts";

export type World = {
  /** Of this test alone, on the file system. */
  folder: string;
  source: FilesSource;
  target: FilesTarget;
  stop: AbortController;
  /** What was stored whole. */
  stored: Buffer[];
  stream?: CapturedStream;
  /** What a restore reads: what was stored, unless a test puts something else here. */
  bytes?: Buffer;
  options: Record<string, unknown>;
  onPhase: (name: string) => Promise<void> | void;
  tools(): Promise<EngineTools>;
  open(): AsyncGenerator<Uint8Array>;
  capture(more?: Partial<FilesSource>): Promise<CaptureResult>;
  point(facts?: Facts): PointToRestore;
  restore(facts?: Facts): Promise<RestoreResult>;
  rollback(): ReturnType<typeof rollback>;
  dropOld(): ReturnType<typeof dropOld>;
};
let worlds = 0;
const RESTORE_ID = RestoreId.parse("2026-02-23-134207-test");

/** A folder `tree` to capture and a target `target` beside it, with memory in the place of S3. */
export async function filesWorld(): Promise<World> {
  const base = `test-${process.pid}-${worlds++}`;
  const folder = join(mountOf({ fileSystem: testFileSystem }).folder, base);
  await mkdir(join(folder, "tree"), { recursive: true });
  onTestFinished(() => void spawnSync("rm", ["-rf", folder]));
  let captured: CaptureResult | undefined;
  const world: World = {
    folder,
    source: { fileSystem: testFileSystem, path: `${base}/tree` },
    target: { fileSystem: testFileSystem, path: `${base}/target` },
    stop: new AbortController(),
    stored: [],
    options: {},
    onPhase: () => {},
    tools: async () => {
      const workDir = await privateFolder();
      const log = { info: () => {}, error: () => {} };
      return {
        commands: commands(workDir),
        secrets: { read: async () => ({}) },
        log,
        signal: world.stop.signal,
        workDir,
      };
    },
    open: () => pieces(world.bytes ?? world.stored[0] ?? Buffer.alloc(0)),
    capture: async (more = {}) => {
      const store = async (stream: CapturedStream) => {
        world.stored.push(await readWhole(stream));
        world.stream = stream;
      };
      captured = await capture({ ...(await world.tools()), store }, FilesSource.parse({ ...world.source, ...more }));
      return captured;
    },
    point: (facts = captured?.facts ?? {}) => ({
      artifacts: [artifactOf(world.bytes ?? world.stored[0] ?? Buffer.alloc(1))],
      facts,
      options: world.options,
    }),
    restore: async (facts) => {
      const tools = await world.tools();
      const point = world.point(facts);
      const { fingerprint } = await inspect(tools, world.target, point);
      return restore(
        {
          ...tools,
          open: world.open,
          restoreId: RESTORE_ID,
          fingerprint,
          phase: async (name, work) => {
            await world.onPhase(name);
            return work();
          },
          compare: (left, right) => {
            const differences = compareFacts(left, right);
            if (differences.length > 0 || countFacts(left) === 0)
              throw new FactsDiffer(describeDifferences(differences));
          },
        },
        world.target,
        point,
      );
    },
    rollback: async () => rollback(await world.tools(), world.target, { restoreId: RESTORE_ID, putThere: [] }),
    dropOld: async () => dropOld(await world.tools(), world.target, RESTORE_ID),
  };
  return world;
}

/** Runs a script where the tree is, with all that a shell can do to files. Bytes are told by `$'\\xff'`. */
export function sh(folder: string, script: string): string {
  const { status, stdout, stderr } = spawnSync("bash", ["-euc", script], { cwd: folder, encoding: "latin1" });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return stdout;
}

/** A line for everything in a tree: names, modes, owners, sizes, times, links, content. By other tools than ours. */
export const everythingIn = (folder: string) =>
  sh(
    folder,
    String.raw`find . -mindepth 1 -printf '%P\t%y\t%m\t%U:%G\t%T@\t%l\t%n\n' | sort; find . -type f -print0 | sort -z | xargs -0 -r sha256sum`,
  );

/** Puts a shell script in the place of the `tar` that captures (or, by its arguments, another); `$REAL` is the real one. */
export async function insteadOfTar(script: string, when = String.raw`--create*/tree\ `): Promise<void> {
  const folder = await privateFolder();
  const before = process.env["PATH"] ?? "";
  const text = `#!/bin/bash\nREAL=/usr/bin/tar\ncase "$*" in *${when}*) ;; *) exec $REAL "$@";; esac\n${script}\n`;
  await writeFile(join(folder, "tar"), text, { mode: 0o755 });
  process.env["PATH"] = `${folder}:${before}`;
  onTestFinished(() => {
    process.env["PATH"] = before;
  });
}

/** Asked once: for an effective user that is not the real one, Node does not look at TMPDIR. */
const scratch = tmpdir();

export async function privateFolder(): Promise<string> {
  const folder = await mkdtemp(join(scratch, "files-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function artifactOf(bytes: Buffer): Artifact {
  const stored = { bytes: bytes.length || 1, sha256: sha256(bytes) };
  return {
    key: "test/2026-02-23-020000-nightly/uploads-2026-02-23-020000-nightly.0.001.tar.zst.gpg",
    kind: "tar",
    holds: "files",
    ...stored,
    plainBytes: bytes.length,
    plainSha256: stored.sha256,
    parts: [stored],
    compositeSha256: "",
    exitCodes: {},
    formatProof: "",
  };
}

/** As the pipeline does: the producer's end first, then the proof's. */
async function readWhole(stream: CapturedStream): Promise<Buffer> {
  const output = stream.open();
  const proof = stream.prove();
  const chunks: Uint8Array[] = [];
  for await (const chunk of output.bytes) {
    proof.stream.write(chunk);
    chunks.push(Buffer.from(chunk)); // it is overwritten when the next one is asked for
  }
  proof.stream.end();
  await Promise.all([output.exitCodes, proof.exitCodes]);
  return Buffer.concat(chunks);
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}
