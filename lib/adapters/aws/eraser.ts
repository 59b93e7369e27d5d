import { DeleteObjectCommand, HeadObjectCommand, type S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import type { Eraser } from "#ports/eraser.ts";

export const s3Eraser = (s3: S3Client, bucket: string): Eraser => ({
  async lockOn(key, versionId) {
    const request = { Bucket: bucket, Key: key, VersionId: versionId };
    try {
      const head = await s3.send(new HeadObjectCommand(request));
      if (head.ObjectLockLegalHoldStatus === "ON") return `${key} has a legal hold`;
      const until = head.ObjectLockRetainUntilDate;
      return until && until.getTime() > Date.now() ? `${key} is locked until ${until.toISOString()}` : undefined;
    } catch (error) {
      if (isGone(error)) return undefined;
      throw error;
    }
  },
  async erase(key, versionId) {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId })); // 204 for what is gone, too
  },
});

/** 404; 405 is said of a delete marker, which no lock keeps. */
const isGone = (error: unknown) =>
  error instanceof S3ServiceException && [404, 405].includes(error.$metadata.httpStatusCode ?? 0);
