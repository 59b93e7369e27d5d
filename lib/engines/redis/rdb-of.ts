import type { Artifact } from "#domain/artifact.ts";
import { ManifestInvalid } from "#domain/errors.ts";

/** The one artifact that a point of a Redis consists of. */
export function rdbOf(artifacts: Artifact[]): Artifact {
  const [rdb, ...more] = artifacts;
  if (rdb?.kind !== "rdb" || more.length > 0)
    throw new ManifestInvalid("a recovery point of a Redis is one artifact of kind rdb");
  return rdb;
}
