import {
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  paginateListObjectsV2,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { ArtifactMissing } from "#domain/errors.ts";
import type { Repository } from "#ports/repository.ts";

export const s3Repository = (s3: S3Client, bucket: string): Repository => ({
  async read(key) {
    const found = await orUndefined(s3.send(new GetObjectCommand({ Bucket: bucket, Key: key })));
    return found?.Body?.transformToByteArray();
  },
  async readRange(key, { start, end }, signal) {
    const request = new GetObjectCommand({ Bucket: bucket, Key: key, Range: `bytes=${start}-${end}` });
    try {
      const found = await orUndefined(s3.send(request, { abortSignal: signal }));
      if (!found?.Body) throw new ArtifactMissing(`${key} is not in the repository`);
      return await found.Body.transformToByteArray();
    } catch (error) {
      if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 416) return new Uint8Array(); // it ends before `start`
      throw error;
    }
  },
  async head(key) {
    const found = await orUndefined(
      s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: "ENABLED" })),
    );
    return (
      found && { bytes: found.ContentLength ?? 0, versionId: found.VersionId, compositeSha256: found.ChecksumSHA256 }
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
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix }))
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
  },
  async folders(prefix) {
    const names: string[] = [];
    for await (const page of paginateListObjectsV2({ client: s3 }, { Bucket: bucket, Prefix: prefix, Delimiter: "/" }))
      for (const { Prefix } of page.CommonPrefixes ?? []) names.push((Prefix ?? "").slice(prefix.length, -1));
    return names;
  },
});

/** 412: something stands there already. 409: a racing conditional write is being decided; the other one wins. */
const isPreconditionFailed = (error: unknown) =>
  error instanceof S3ServiceException && [412, 409].includes(error.$metadata.httpStatusCode ?? 0);

/** Only "there is no such object" becomes undefined: a throttled or refused read must never look like an absent object. */
async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NoSuchKey || error instanceof NotFound) return undefined;
    throw error;
  }
}
