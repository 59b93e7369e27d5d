import type { Artifact } from "#domain/artifact.ts";
import { compositeSha256 } from "#domain/hashes.ts";
import type { Repository } from "#ports/repository.ts";

/**
 * What S3 says of a stored artifact against what the worker counted: there, of this size, this number of parts and this
 * composite checksum. Reads no bytes. Empty when all is as it should be.
 */
export async function checkArtifact(repository: Repository, artifact: Artifact): Promise<string[]> {
  const stored = await repository.head(artifact.key, artifact.versionId);
  if (!stored) return [`ArtifactMissing: ${artifact.key}`];
  const problems: string[] = [];
  const bytes = artifact.parts.reduce((sum, part) => sum + part.bytes, 0);
  if (stored.bytes !== artifact.bytes || bytes !== artifact.bytes)
    problems.push(`ChecksumMismatch: ${artifact.key} has ${stored.bytes} bytes, not ${artifact.bytes}`);
  const expected = compositeSha256(artifact.parts.map(({ sha256 }) => sha256));
  if (stored.compositeSha256 !== expected)
    problems.push(
      `ChecksumMismatch: ${artifact.key} is ${stored.compositeSha256 ?? "without a checksum"}, not ${expected}`,
    );
  return problems;
}
