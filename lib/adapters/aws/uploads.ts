import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import pRetry from "p-retry";
import { AlreadyCommitted, describeError, UploadFailed } from "#domain/errors.ts";
import type { Repository, Uploads } from "#ports/repository.ts";

const RESENDS = 3;
/** S3 has refused the bytes since they are not those of the checksum: changed on the way. The client takes that for final. */
const hasArrivedChanged = ({ name }: Error) => name === "BadDigest" || name === "XAmzContentSHA256Mismatch";

/** Retries of single requests, with their bound, are the client's (`maxAttempts`). */
export const s3Uploads = (s3: S3Client, bucket: string, repository: Repository): Uploads => ({
  async begin(key, signal) {
    const begun = await s3.send(
      new CreateMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        ChecksumAlgorithm: "SHA256",
        ContentType: "application/pgp-encrypted",
      }),
      { abortSignal: signal },
    );
    const upload = { Bucket: bucket, Key: key, UploadId: begun.UploadId };
    const etags = new Map<number, string | undefined>();
    return {
      async part(number, bytes, sha256) {
        const part = { ...upload, PartNumber: number, Body: bytes, ChecksumSHA256: sha256 };
        const send = () => s3.send(new UploadPartCommand(part), { abortSignal: signal });
        const again = { retries: RESENDS, minTimeout: 100, signal };
        const sent = await pRetry(send, { ...again, shouldRetry: ({ error }) => hasArrivedChanged(error) }).catch(
          (cause) => {
            throw new UploadFailed(`Part ${number} of ${key}: ${describeError(cause).message}`, { cause });
          },
        );
        etags.set(number, sent.ETag);
      },
      async complete(parts, compositeSha256) {
        const sent = parts.map(({ number, sha256 }) => ({ number, sha256, etag: etags.get(number) }));
        return completeUpload(s3, repository, upload, { parts: sent, compositeSha256, signal });
      },
      async abort() {
        await s3.send(new AbortMultipartUploadCommand(upload));
      },
    };
  },
});

type Completion = {
  parts: { number: number; sha256: string; etag: string | undefined }[];
  compositeSha256: string;
  signal?: AbortSignal;
};

/** Conditional. `sha256` of a part: base64. */
export async function completeUpload(
  s3: S3Client,
  repository: Repository,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
  { parts, compositeSha256, signal }: Completion,
): Promise<{ versionId: string | undefined }> {
  const Parts = parts.map(({ number, sha256, etag }) => ({ PartNumber: number, ETag: etag, ChecksumSHA256: sha256 }));
  try {
    const done = await s3.send(
      new CompleteMultipartUploadCommand({ ...upload, IfNoneMatch: "*", MultipartUpload: { Parts } }),
      signal && { abortSignal: signal },
    );
    return { versionId: done.VersionId };
  } catch (cause) {
    const key = upload.Key;
    // The reply may be lost after S3 has done it, and a retry then meets our own object: its checksum decides.
    const stored = await repository.head(key);
    if (stored?.compositeSha256 === compositeSha256) return { versionId: stored.versionId };
    const message = describeError(cause).message;
    if (stored) throw new AlreadyCommitted(`${key} holds other bytes already; nothing was overwritten`, { cause });
    throw new UploadFailed(`${key} could not be completed: ${message}`, { cause });
  }
}
