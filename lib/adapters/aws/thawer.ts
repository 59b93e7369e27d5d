import { RestoreObjectCommand, type S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import type { Thawer } from "#ports/thawer.ts";

/** https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html: the one is under way, the other was never in an archive. */
const NOTHING_TO_DO = ["RestoreAlreadyInProgress", "ObjectAlreadyInActiveTierError"];

export const s3Thawer = (s3: S3Client, bucket: string): Thawer => ({
  async thaw(key, versionId, { retrieval, days }) {
    const RestoreRequest = { Days: days, GlacierJobParameters: { Tier: retrieval } };
    try {
      await s3.send(new RestoreObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId, RestoreRequest }));
    } catch (error) {
      if (!(error instanceof S3ServiceException && NOTHING_TO_DO.includes(error.name))) throw error;
    }
  },
});
