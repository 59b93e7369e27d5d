import { createHash } from "node:crypto";
import pMap from "p-map";
import type { Artifact } from "#domain/artifact.ts";
import { describeError, FormatIncomplete, Interrupted } from "#domain/errors.ts";
import { compositeSha256 } from "#domain/hashes.ts";
import { partBytes } from "#domain/part-sizes.ts";
import type { CapturedStream } from "#ports/engine.ts";
import type { Log } from "#ports/log.ts";
import type { Upload, Uploads } from "#ports/repository.ts";
import type { Sealing } from "#ports/sealing.ts";
import { copyTo, ReaderGone } from "./copy-to.ts";
import { cutIntoParts } from "./cut-into-parts.ts";
import type { LimitBandwidth } from "./limit-bandwidth.ts";
import { reportProgress } from "./report-progress.ts";

const PARTS_IN_FLIGHT = 3;

type Ports = { uploads: Uploads; sealing: Sealing; log: Log; compression: number; limit: LimitBandwidth };
export type DataKey = { passphrase: string; escrow: string | undefined };

/**
 * producer → zstd → gpg → hashes → multipart upload; a second copy goes to the proof of the format's end. The upload is
 * completed only after every process has exited 0 and the proof is there; anything else aborts it, and no object becomes
 * visible. Throws what went wrong first.
 */
export const storeArtifact =
  ({ uploads, sealing, log, compression, limit }: Ports) =>
  async (stream: CapturedStream, key: string, dataKey: DataKey, signal: AbortSignal): Promise<Artifact> => {
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    const upload = await uploads.begin(key, either);
    const plain = { bytes: 0, hash: createHash("sha256") };
    const progress = reportProgress(log, stream.holds, {
      bytes: () => plain.bytes,
      totalBytes: stream.expectedBytes,
      isExpectation: true,
    });
    try {
      const produced = stream.open();
      const proof = stream.prove();
      const sealed = sealing.seal({ ...dataKey, compression }, either);
      const formatProven = proof.exitCodes.catch((cause) => {
        throw new FormatIncomplete(`${stream.holds}: its end is not proven: ${describeError(cause).message}`, {
          cause,
        });
      });
      const work = [
        copyTo(limit(produced.bytes), [proof.stream, sealed.input], plain),
        formatProven,
        sealed.output.exitCodes,
      ] as const;
      const uploading = uploadParts(sealed.output.bytes, upload, stream.expectedBytes);
      const stored = await firstFailure([...work, uploading], failed).then(() => uploading);
      if (plain.bytes === 0) throw new FormatIncomplete(`${stream.holds}: the tool wrote nothing at all`);
      const exitCodes = {
        ...(await produced.exitCodes),
        ...(await proof.exitCodes),
        ...(await sealed.output.exitCodes),
      };
      signal.throwIfAborted();
      const composite = compositeSha256(stored.parts.map(({ sha256 }) => sha256));
      const { versionId } = await upload.complete(stored.parts.map(asS3Part), composite);
      return {
        key,
        ...(versionId === undefined ? {} : { versionId }),
        kind: stream.kind,
        holds: stream.holds,
        ...(stream.subject === undefined ? {} : { subject: stream.subject }),
        ...stored,
        plainBytes: plain.bytes,
        plainSha256: plain.hash.digest("hex"),
        compositeSha256: composite,
        exitCodes,
        formatProof: stream.formatProof,
      };
    } catch (error) {
      failed.abort(error);
      await upload.abort().catch((cause) =>
        log.error("an aborted upload left parts behind, which the bucket's rule removes", {
          key,
          cause: describeError(cause),
        }),
      );
      throw signal.aborted
        ? new Interrupted(`INTERRUPTED: the capture of ${stream.holds} was stopped and its upload aborted`, {
            cause: error,
          })
        : error;
    } finally {
      progress.stop();
    }
  };

/** Waits for all. The first rejection ends the rest; one that only says that a reader went away waits for the reader's own. */
async function firstFailure(work: readonly Promise<unknown>[], failed: AbortController): Promise<void> {
  const causes: unknown[] = [];
  const settled = work.map((one) =>
    one.catch((error: unknown) => {
      causes.push(error);
      if (!isConsequence(error)) failed.abort(error);
    }),
  );
  await Promise.all(settled);
  if (causes.length > 0) throw causes.find((cause) => !isConsequence(cause)) ?? causes[0];
}
const isConsequence = (error: unknown) => error instanceof ReaderGone;

async function uploadParts(bytes: AsyncIterable<Uint8Array>, upload: Upload, expectedBytes: number | undefined) {
  const whole = createHash("sha256");
  const spare: Buffer[] = []; // sent parts leave theirs to later ones: new ones would be collected late, and by long collections
  const parts = await pMap(
    cutIntoParts(bytes, (part) => partBytes(part, expectedBytes), whole, spare),
    async ({ number, buffer }) => {
      const digest = createHash("sha256").update(buffer).digest();
      await upload.part(number, buffer, digest.toString("base64"));
      spare.push(buffer);
      return { bytes: buffer.length, sha256: digest.toString("hex") };
    },
    { concurrency: PARTS_IN_FLIGHT },
  );
  return { bytes: parts.reduce((sum, part) => sum + part.bytes, 0), sha256: whole.digest("hex"), parts };
}

const asS3Part = ({ sha256 }: { sha256: string }, index: number) => ({
  number: index + 1,
  sha256: Buffer.from(sha256, "hex").toString("base64"),
});
