import { Readable } from "node:stream";
import {
  GetObjectCommand,
  HeadObjectCommand,
  type HeadObjectCommandOutput,
  InvalidObjectState,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { ArchiveClass, type Archived } from "#domain/archive.ts";
import { ArtifactArchived, ArtifactMissing, ManifestInvalid } from "#domain/errors.ts";
import type { Repository } from "#ports/repository.ts";
import { histories, historyOf, versionPages } from "./versions.ts";

export const s3Repository = (s3: S3Client, bucket: string): Repository => ({
  async read(key, mostBytes = Number.POSITIVE_INFINITY) {
    const found = await visible(s3, bucket, key, (VersionId) =>
      s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId })),
    );
    if (found?.ContentLength === undefined || found.ContentLength <= mostBytes)
      return found?.Body?.transformToByteArray();
    if (found.Body instanceof Readable) found.Body.destroy();
    throw new ManifestInvalid(`${key} has ${found.ContentLength} bytes: too large to be one of ours`);
  },
  async readRange(key, { start, end, versionId }, signal) {
    const get = (VersionId: string | undefined) =>
      s3.send(new GetObjectCommand({ Bucket: bucket, Key: key, VersionId, Range: `bytes=${start}-${end}` }), {
        abortSignal: signal,
      });
    try {
      const found = await ofVersion(s3, bucket, key, versionId, get);
      if (!found?.Body) throw new ArtifactMissing(`${key} is not in the repository`);
      return await found.Body.transformToByteArray();
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 416) return new Uint8Array(); // it ends before `start`
      if (error instanceof InvalidObjectState)
        throw new ArtifactArchived(`${key} lies in ${error.StorageClass} and is not thawed`, { cause: error });
      throw error;
    }
  },
  async head(key, versionId) {
    const found = await ofVersion(s3, bucket, key, versionId, (VersionId) =>
      s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, VersionId, ChecksumMode: "ENABLED" })),
    );
    return (
      found && {
        ...{ bytes: found.ContentLength ?? 0, versionId: found.VersionId, compositeSha256: found.ChecksumSHA256 },
        archived: archivedOf(found),
      }
    );
  },
  async create(key, body) {
    try {
      await s3.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: body,
          IfNoneMatch: "*",
          ChecksumAlgorithm: "SHA256",
          ContentType: key.endsWith(".json")
            ? "application/json"
            : key.endsWith(".md")
              ? "text/markdown"
              : "application/octet-stream",
        }),
      );
      return "created";
    } catch (error) {
      if (isPreconditionFailed(error)) return "exists";
      throw error;
    }
  },
  async *list(prefix) {
    for await (const { key, versions } of histories(s3, { Bucket: bucket, Prefix: prefix }))
      if (versions.length > 0) yield key;
  },
  histories: (prefix) => histories(s3, { Bucket: bucket, Prefix: prefix }),
  history: (key) => historyOf(s3, bucket, key),
  async folders(prefix) {
    const names: string[] = [];
    for await (const page of versionPages(s3, { Bucket: bucket, Prefix: prefix, Delimiter: "/" }))
      for (const { Prefix } of page.CommonPrefixes ?? []) names.push((Prefix ?? "").slice(prefix.length, -1));
    return names;
  },
});

/** `x-amz-restore` is there once a thaw was asked for. https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html */
function archivedOf({ StorageClass, Restore }: HeadObjectCommandOutput): Archived | undefined {
  const storageClass = ArchiveClass.safeParse(StorageClass).data;
  if (!storageClass) return undefined;
  const isDone = Restore?.includes('ongoing-request="false"') === true;
  return { storageClass, thaw: Restore === undefined ? "not asked for" : isDone ? "done" : "under way" };
}

type Get<T> = (versionId: string | undefined) => Promise<T>;

/** The version that is asked for where the bucket has it, else what is visible. */
async function ofVersion<T>(s3: S3Client, bucket: string, key: string, versionId: string | undefined, get: Get<T>) {
  if (versionId === undefined) return visible(s3, bucket, key, get);
  try {
    return await get(versionId);
  } catch (error) {
    if (!hasNoSuchVersion(error)) throw error;
    return visible(s3, bucket, key, get);
  }
}

/** 404, and 400 for an id that is not even one of this bucket's. */
const hasNoSuchVersion = (error: unknown) =>
  error instanceof S3ServiceException && [400, 404].includes(error.$metadata.httpStatusCode ?? 0);

/** The newest version; the first one where a delete marker hides it. */
async function visible<T>(s3: S3Client, bucket: string, key: string, get: Get<T>): Promise<T | undefined> {
  try {
    return await get(undefined);
  } catch (error) {
    if (!isAbsent(error)) throw error;
    if (error.$response?.headers["x-amz-delete-marker"] !== "true") return undefined;
  }
  const first = (await historyOf(s3, bucket, key))?.versions.at(-1);
  return first && get(first.versionId);
}

/** 412: something stands there already. 409: a racing conditional write is being decided; the other one wins. */
const isPreconditionFailed = (error: unknown) =>
  error instanceof S3ServiceException && [412, 409].includes(error.$metadata.httpStatusCode ?? 0);

/** Only "there is no such object": a throttled or refused read must never look like an absent object. */
const isAbsent = (error: unknown): error is NoSuchKey | NotFound =>
  error instanceof NoSuchKey || error instanceof NotFound;
