import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type { BucketSettings } from "#domain/bucket-settings.ts";

/** The bucket as infra/repository.yml makes it, as S3 would say it. */
export function templateBucket(): BucketSettings {
  const { Resources } = parse(readFileSync("infra/repository.yml", "utf8"), { logLevel: "silent" });
  const its = Resources.RepositoryBucket.Properties;
  const [rule] = its.BucketEncryption.ServerSideEncryptionConfiguration;
  return {
    versioning: its.VersioningConfiguration.Status,
    objectLock: its.ObjectLockEnabled ? "Enabled" : undefined,
    encryption: { algorithm: rule.ServerSideEncryptionByDefault.SSEAlgorithm, kmsKey: undefined },
    isPublicAccessBlocked: Object.values(its.PublicAccessBlockConfiguration).every((one) => one === true),
    sendsEvents: its.NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled,
    statements: Resources.RepositoryBucketPolicy.Properties.PolicyDocument.Statement,
  };
}
