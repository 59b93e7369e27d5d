import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands } from "#adapters/commands/commands.ts";
import { zstdAndGpg } from "#adapters/commands/sealing.ts";
import { limitBandwidth } from "#app/limit-bandwidth.ts";
import { openArtifact } from "#app/open-artifact.ts";
import { storeArtifact } from "#app/store-artifact.ts";
import type { Artifact } from "#domain/artifact.ts";
import type { Command } from "#ports/commands.ts";
import type { CapturedStream } from "#ports/engine.ts";
import type { Uploads } from "#ports/repository.ts";
import { memoryWorld } from "../support/memory-world.ts";

export const KEY = "test/an-artifact.zst.gpg";
const PASSPHRASE = Buffer.from("thirty-two bytes of a data key..").toString("base64");
export const shell = (script: string): Command => ({ file: "bash", args: ["-c", script] });

/** Real zstd, gpg and tools; the bucket is in memory, and one upload can be told to fail. */
export function pipelineWorld({ failingPart }: { failingPart?: number } = {}) {
  const world = memoryWorld();
  const tools = commands(mkdtempSync(join(tmpdir(), "pipeline-")));
  const stop = new AbortController();
  const seen = { aborted: 0, completed: 0 };
  const uploads: Uploads = {
    begin: async (key) => {
      const parts = new Map<number, Uint8Array>();
      return {
        part: async (number, bytes, sha256) => {
          if (number === failingPart) throw new Error("503 for good");
          if (createHash("sha256").update(bytes).digest("base64") !== sha256) throw new Error("400 BadDigest");
          parts.set(number, Uint8Array.from(bytes));
        },
        complete: async (listed) => {
          seen.completed++;
          world.objects.set(key, Buffer.concat(listed.map(({ number }) => parts.get(number) ?? new Uint8Array())));
          return { versionId: "1" };
        },
        abort: async () => void seen.aborted++,
      };
    },
  };
  const sealing = zstdAndGpg();
  const store = (
    stream: CapturedStream,
    { compression = 3, limit, escrow }: { compression?: number; limit?: number; escrow?: string } = {},
  ) =>
    storeArtifact({ uploads, sealing, log: world.ports.log, compression, limit: limitBandwidth(limit) })(
      stream,
      KEY,
      { passphrase: PASSPHRASE, escrow },
      stop.signal,
    );
  return {
    ...world,
    seen,
    stop,
    store,
    /** A stream made by a command; `proof` reads the copy. */
    stream: (command: Command, proof: Command = shell("cat >/dev/null")): CapturedStream => ({
      kind: "dump",
      holds: "a stream",
      formatProof: "read to its end",
      open: () => tools.reading(command, stop.signal),
      prove: () => tools.writing(proof, stop.signal),
    }),
    /** All plaintext that comes out before it ends or throws. */
    async read(artifact: Artifact, passphrase = PASSPHRASE) {
      const chunks: Uint8Array[] = [];
      const count = { bytes: 0, waitedForStorageMs: 0 };
      try {
        for await (const chunk of openArtifact({ repository: world.ports.repository, sealing })(
          artifact,
          passphrase,
          count,
          stop.signal,
        ))
          chunks.push(chunk);
        return { plain: Buffer.concat(chunks), error: undefined };
      } catch (error) {
        return { plain: Buffer.concat(chunks), error: error as Error };
      }
    },
  };
}
