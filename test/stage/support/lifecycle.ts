import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { AbortMultipartUploadCommand } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import { parse } from "yaml";
import { repositoryRoot } from "#local/stage-layout.ts";
import { openUploads } from "./inventory.ts";
import type { World } from "./world.ts";

/** A killed task can't abort its upload; the bucket's rule does, which the emulator has not. */
export async function sweepAsTheLifecycleRuleDoes(world: World, backupId: string): Promise<void> {
  const { s3, bucket } = world.client;
  const template = parse(await readFile(join(repositoryRoot, "infra/repository.yml"), "utf8"), { logLevel: "silent" });
  const { Rules } = template.Resources.RepositoryBucket.Properties.LifecycleConfiguration;
  expect(Rules).toContainEqual(
    expect.objectContaining({
      Status: "Enabled",
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: expect.toSatisfy((days: number) => days <= 2) },
    }),
  );
  const left = (await openUploads(world)).filter(({ key }) => key.includes(`/${backupId}/`));
  expect(left).not.toEqual([]); // one for each stream that was on its way
  for (const { key, uploadId } of left)
    await s3.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }));
}
