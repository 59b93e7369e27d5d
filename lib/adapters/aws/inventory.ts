import type { S3Client } from "@aws-sdk/client-s3";
import type { Inventory } from "#ports/inventory.ts";
import { versionPages } from "./versions.ts";

export const s3Inventory = (s3: S3Client, bucket: string): Inventory => ({
  async *versions(prefix) {
    for await (const { Versions = [] } of versionPages(s3, { Bucket: bucket, Prefix: prefix }))
      for (const { Key = "", Size = 0, StorageClass = "STANDARD" } of Versions)
        yield { key: Key, bytes: Size, storageClass: StorageClass };
  },
});
