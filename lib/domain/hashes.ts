import { createHash } from "node:crypto";

/** S3's composite checksum of a multipart object: the hash of the parts' hashes, then `-` and how many there are. */
export function compositeSha256(partSha256: readonly string[]): string {
  const hash = createHash("sha256");
  for (const hex of partSha256) hash.update(Buffer.from(hex, "hex"));
  return `${hash.digest("base64")}-${partSha256.length}`;
}

export const sha256 = (bytes: Uint8Array | string) => createHash("sha256").update(bytes).digest("hex");
