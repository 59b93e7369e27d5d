import { createHash } from "node:crypto";
import { pMapIterable } from "p-map";
import { type Artifact, partRanges } from "#domain/artifact.ts";
import { ChecksumMismatch } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import type { Repository } from "#ports/repository.ts";
import type { Sealing } from "#ports/sealing.ts";
import { copyTo, ReaderGone } from "./copy-to.ts";

const PARTS_AHEAD = 3;

export type ReadCount = { bytes: number; waitedForStorageMs: number };

/**
 * An artifact's plaintext. Each part's hash is checked before its bytes reach gpg, so that nothing unauthenticated is ever
 * decrypted; at the end the plaintext's size and hash must be those of the manifest. A part that does not match is read
 * once more, to tell a fault on the way from wrong bytes at rest: `ChecksumMismatch`.
 */
export const openArtifact = ({ repository, sealing }: { repository: Repository; sealing: Sealing }) =>
  async function* (
    artifact: Artifact,
    passphrase: string,
    count: ReadCount,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    const opened = sealing.unseal(passphrase, either);
    const stored = { bytes: 0, hash: createHash("sha256") };
    const fetched = copyTo(authenticParts(repository, artifact, count, either), [opened.input], stored);
    let notFetched: unknown;
    const fetchEnded = fetched.catch((error: unknown) => {
      if (!failed.signal.aborted && !(error instanceof ReaderGone)) notFetched = error;
      failed.abort();
    });
    const plain = { bytes: 0, hash: createHash("sha256") };
    try {
      for await (const chunk of opened.output.bytes) {
        plain.bytes += chunk.length;
        if (plain.bytes > artifact.plainBytes) throw tooMuch(artifact); // R12: a few bytes can open to terabytes
        plain.hash.update(chunk);
        yield chunk;
      }
    } catch (error) {
      failed.abort();
      await fetchEnded;
      throw notFetched ?? error; // what could not be fetched is why the tools ended
    } finally {
      failed.abort();
    }
    if (plain.bytes !== artifact.plainBytes || plain.hash.digest("hex") !== artifact.plainSha256)
      throw new ChecksumMismatch(`${artifact.key}: its plaintext is not the one that was captured`);
  };

const tooMuch = ({ key, plainBytes }: Artifact) =>
  new ChecksumMismatch(`${key}: it opens to more than the ${plainBytes} bytes that were captured`);

async function* authenticParts(repository: Repository, artifact: Artifact, count: ReadCount, signal: AbortSignal) {
  const { versionId } = artifact;
  const ranges = partRanges(artifact).map((range) => ({ ...range, versionId }));
  const read = async (range: (typeof ranges)[number]) => {
    for (let tries = 1; ; tries++) {
      const bytes = await repository.readRange(artifact.key, range, signal);
      if (sha256(bytes) === range.sha256) return bytes;
      if (tries === 2)
        throw new ChecksumMismatch(`${artifact.key}: part ${range.number} is not the one that was stored`);
    }
  };
  const parts = pMapIterable(ranges, read, { concurrency: PARTS_AHEAD });
  let asked = performance.now();
  for await (const bytes of parts) {
    count.waitedForStorageMs += performance.now() - asked;
    count.bytes += bytes.length;
    yield bytes;
    asked = performance.now();
  }
}
