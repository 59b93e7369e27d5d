import { ListObjectVersionsCommand, type ListObjectVersionsCommandOutput, type S3Client } from "@aws-sdk/client-s3";
import type { ObjectHistory } from "#domain/tampering.ts";

type Listing = { Bucket: string; Prefix: string; Delimiter?: string };

/** Page after page; the SDK has no paginator for versions. */
export async function* versionPages(
  s3: S3Client,
  listing: Listing,
): AsyncGenerator<Pick<ListObjectVersionsCommandOutput, "Versions" | "DeleteMarkers" | "CommonPrefixes">> {
  let from: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ ...listing, ...from }));
    yield page;
    if (!page.IsTruncated) return;
    from = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

/** S3 lists keys in order and, of one key, the newest first; the versions of a key may stand on two pages. */
export async function* histories(s3: S3Client, listing: Listing): AsyncGenerator<ObjectHistory> {
  let open: ObjectHistory | undefined;
  for await (const { Versions = [], DeleteMarkers = [] } of versionPages(s3, listing)) {
    const page = new Map<string, ObjectHistory>();
    const of = (key: string) => {
      const known = open?.key === key ? open : page.get(key);
      const history = known ?? { key, versions: [], markers: [] };
      page.set(key, history);
      return history;
    };
    for (const { Key = "", VersionId = "null", LastModified } of Versions)
      of(Key).versions.push({ versionId: VersionId, at: LastModified ?? new Date(0) });
    for (const { Key = "", VersionId = "null", LastModified } of DeleteMarkers)
      of(Key).markers.push({ versionId: VersionId, at: LastModified ?? new Date(0) });
    const inOrder = [...page.values()].toSorted((a, b) => (a.key < b.key ? -1 : 1));
    if (open && !page.has(open.key)) yield open;
    open = inOrder.pop();
    yield* inOrder;
  }
  if (open) yield open;
}

/** The key itself is the first of all that begin with it. */
export async function historyOf(s3: S3Client, bucket: string, key: string): Promise<ObjectHistory | undefined> {
  for await (const history of histories(s3, { Bucket: bucket, Prefix: key })) if (history.key === key) return history;
  return undefined;
}
