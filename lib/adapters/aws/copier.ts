import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  NoSuchUpload,
  paginateListParts,
  type S3Client,
  UploadPartCopyCommand,
} from "@aws-sdk/client-s3";
import pMap from "p-map";
import type { ColdClass } from "#domain/archive.ts";
import { type Artifact, partRanges } from "#domain/artifact.ts";
import type { Copier } from "#ports/copier.ts";
import type { Repository } from "#ports/repository.ts";
import { completeUpload } from "./uploads.ts";

const PARTS_AT_ONCE = 16;
const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");

/** `s3` is of the bucket that is copied into; `there` reads it. Without `storageClass` it is Standard. */
export const s3Copier = (
  s3: S3Client,
  {
    from,
    to,
    there,
    storageClass,
  }: { from: string; to: string; there: Repository; storageClass?: ColdClass | undefined },
): Copier => ({
  async copy(artifact, versionId, isOver) {
    const { key, compositeSha256 } = artifact;
    const place = { Bucket: to, Key: key };
    const upload = {
      ...place,
      UploadId: (await begunBefore(s3, place)) ?? (await begin(s3, { ...place, StorageClass: storageClass })),
    };
    const CopySource = sourceOf(from, key, versionId);
    try {
      const etags = await copiedBefore(s3, upload);
      const copyPart = async ({ number, start, end }: ReturnType<typeof partRanges>[number]) => {
        if (etags.has(number) || isOver()) return;
        const range = artifact.parts.length === 1 ? {} : { CopySourceRange: `bytes=${start}-${end}` }; // of a small object S3 gives no range
        const part = { ...upload, PartNumber: number, CopySource, ...range };
        etags.set(number, (await s3.send(new UploadPartCopyCommand(part))).CopyPartResult?.ETag);
      };
      await pMap(partRanges(artifact), copyPart, { concurrency: PARTS_AT_ONCE });
      if (etags.size < artifact.parts.length) return false;
      const parts = artifact.parts.map(({ sha256 }, index) => ({
        number: index + 1,
        sha256: base64(sha256),
        etag: etags.get(index + 1),
      }));
      await completeUpload(s3, there, upload, { parts, compositeSha256 });
      return true;
    } catch (error) {
      // another execution has completed the same upload meanwhile
      if (error instanceof NoSuchUpload && (await there.head(key))?.compositeSha256 === compositeSha256) return true;
      throw error;
    }
  },
});

type Place = { Bucket: string; Key: string };

async function begin(s3: S3Client, place: Place & { StorageClass: ColdClass | undefined }) {
  const ContentType = "application/pgp-encrypted";
  return (await s3.send(new CreateMultipartUploadCommand({ ...place, ChecksumAlgorithm: "SHA256", ContentType })))
    .UploadId;
}

/** Keys of artifacts are no beginnings of one another, so the first upload below the prefix is the one. */
async function begunBefore(s3: S3Client, { Bucket, Key }: Place): Promise<string | undefined> {
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }));
  return Uploads.find((upload) => upload.Key === Key)?.UploadId;
}

async function copiedBefore(s3: S3Client, upload: Place & { UploadId: string | undefined }) {
  const etags = new Map<number, string | undefined>();
  for await (const { Parts = [] } of paginateListParts({ client: s3 }, upload))
    for (const { PartNumber = 0, ETag } of Parts) etags.set(PartNumber, ETag);
  return etags;
}

const sourceOf = (bucket: string, key: Artifact["key"], versionId: string | undefined) =>
  `${bucket}/${key.split("/").map(encodeURIComponent).join("/")}${versionId === undefined ? "" : `?versionId=${encodeURIComponent(versionId)}`}`;
