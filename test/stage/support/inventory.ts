import { ListMultipartUploadsCommand, ListObjectVersionsCommand, type S3Client } from "@aws-sdk/client-s3";
import { expect } from "vitest";
import type { World } from "./world.ts";

/** Every version of every object: `key` and `VersionId` give what must never change. */
export type Inventory = Map<string, string>;

export async function takeInventory({ client: { s3, bucket } }: World): Promise<Inventory> {
  const inventory: Inventory = new Map();
  let marker: { KeyMarker?: string; VersionIdMarker?: string } | undefined = {};
  while (marker) {
    const page: Awaited<ReturnType<typeof listVersions>> = await listVersions(s3, bucket, marker);
    for (const { Key, VersionId, Size, ETag } of page.Versions ?? [])
      inventory.set(`${Key} ${VersionId}`, `${Size} bytes, ${ETag}`);
    for (const { Key, VersionId } of page.DeleteMarkers ?? []) inventory.set(`${Key} ${VersionId}`, "deleted");
    marker = page.IsTruncated
      ? {
          ...(page.NextKeyMarker ? { KeyMarker: page.NextKeyMarker } : {}),
          ...(page.NextVersionIdMarker ? { VersionIdMarker: page.NextVersionIdMarker } : {}),
        }
      : undefined;
  }
  return inventory;
}

const listVersions = (s3: S3Client, bucket: string, marker: { KeyMarker?: string; VersionIdMarker?: string }) =>
  s3.send(new ListObjectVersionsCommand({ Bucket: bucket, ...marker }));

/** I2: what was there is there, byte for byte and version for version, and nothing hides it. */
export function expectNothingLost(before: Inventory, after: Inventory): void {
  const lost = [...before].filter(([version, what]) => after.get(version) !== what);
  expect(lost, "I2: versions of objects that changed or are gone").toEqual([]);
}

/** Keys that have come since. */
export function keysSince(before: Inventory, after: Inventory): string[] {
  return [...new Set([...after.keys()].filter((version) => !before.has(version)).map(keyOf))].toSorted();
}

const keyOf = (version: string) => version.slice(0, version.lastIndexOf(" "));

export async function openUploads({ client: { s3, bucket } }: World) {
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  return Uploads.map(({ Key = "", UploadId = "" }) => ({ key: Key, uploadId: UploadId }));
}
