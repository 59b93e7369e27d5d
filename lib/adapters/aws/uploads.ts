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
        try {
          const done = await s3.send(
            new CompleteMultipartUploadCommand({
              ...upload,
              IfNoneMatch: "*",
              MultipartUpload: {
                Parts: parts.map(({ number, sha256 }) => ({
                  PartNumber: number,
                  ETag: etags.get(number),
                  ChecksumSHA256: sha256,
                })),
              },
            }),
            { abortSignal: signal },
          );
          return { versionId: done.VersionId };
        } catch (cause) {
          // The reply may be lost after S3 has done it, and a retry then meets our own object: its checksum decides.
          const stored = await repository.head(key);
          if (stored?.compositeSha256 === compositeSha256) return { versionId: stored.versionId };
          const message = describeError(cause).message;
          if (stored)
            throw new AlreadyCommitted(`${key} holds other bytes already; nothing was overwritten`, { cause });
          throw new UploadFailed(`${key} could not be completed: ${message}`, { cause });
        }
      },
      async abort() {
        await s3.send(new AbortMultipartUploadCommand(upload));
      },
    };
  },
});
