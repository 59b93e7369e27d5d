import { DeleteObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import pWaitFor from "p-wait-for";
import { s3Repository } from "#adapters/aws/repository.ts";
import { readPlan } from "#adapters/plan-file.ts";
import { findPoint } from "#app/open-point.ts";
import { readCopies } from "#app/read-copies.ts";
import type { BackupId } from "#domain/ids.ts";
import type { CopiedProof } from "#domain/proof.ts";
import { engineSections } from "#engines/descriptions.ts";
import { awsClientOptions } from "#local/stage-layout.ts";
import type { World } from "./world.ts";

export const COPIED = "uploads";

/** The bucket that config/local.yml copies points of `uploads` to, by its own region. */
export function otherRegion(world: World) {
  const plan = readPlan(".", "local", engineSections);
  const offsite = plan.copies?.["offsite"];
  if (!offsite) throw new Error("the plan has no copy offsite");
  const { bucket, region } = offsite;
  const s3 = new S3Client({ ...awsClientOptions, region, forcePathStyle: true });
  const repository = s3Repository(s3, bucket);
  const proofs = async (backupId: BackupId): Promise<CopiedProof[]> =>
    readCopies(world.client.catalog, await findPoint(world.client.catalog, backupId, COPIED));
  const erase = async (key: string) => {
    for (const { versionId } of (await repository.history(key))?.versions ?? [])
      await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId: versionId }));
  };
  return {
    ...{ s3, bucket, region, repository, proofs, plan, offsite, erase },
    catalog: { ...world.client.catalog, repository },
    artifactOf: async (backupId: BackupId) =>
      (await world.manifest(backupId)).components[COPIED]?.artifacts[0]?.key ?? "",
    /** A backup whose point has been copied and read back, by the event that it is verified. */
    async copiedBackup(): Promise<BackupId> {
      const backupId = await world.goodBackup([COPIED]);
      await pWaitFor(async () => (await proofs(backupId)).length > 0, {
        interval: 200,
        timeout: { milliseconds: 60_000, message: `${backupId} was not copied` },
      });
      return backupId;
    },
    /** Somebody with rights over there puts other bytes in the place of these. Answers what brings the first ones back. */
    async replace(key: string, body: string): Promise<() => Promise<void>> {
      const bytes = await repository.read(key);
      await erase(key);
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }));
      if (!bytes) throw new Error(`${key} was not there`);
      return () => erase(key);
    },
  };
}
export type OtherRegion = ReturnType<typeof otherRegion>;
