import {
  HeadObjectCommand,
  ObjectLockRetentionMode,
  PutObjectRetentionCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import type { Locker } from "#ports/locker.ts";

export const s3Locker = (s3: S3Client, bucket: string): Locker => ({
  async lockedUntil(key, versionId) {
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
    return head.ObjectLockRetainUntilDate;
  },
  async lock(key, versionId, { mode, until }) {
    const Mode = mode === "compliance" ? ObjectLockRetentionMode.COMPLIANCE : ObjectLockRetentionMode.GOVERNANCE;
    const Retention = { Mode, RetainUntilDate: until };
    await s3.send(new PutObjectRetentionCommand({ Bucket: bucket, Key: key, VersionId: versionId, Retention }));
  },
});
