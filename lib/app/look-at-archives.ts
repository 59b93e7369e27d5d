import pMap from "p-map";
import { type Archived, type Frozen, frozenOf, type Retrieval } from "#domain/archive.ts";
import type { Artifact } from "#domain/artifact.ts";
import type { RecoveryPoint } from "#domain/recovery-point.ts";
import type { Repository } from "#ports/repository.ts";

const AT_ONCE = 16;

export type StoredArtifact = {
  artifact: Artifact;
  bytes: number;
  versionId: string | undefined;
  archived: Archived | undefined;
};

/** By what S3 says of each; reads no bytes. What is not there is left out: whoever reads it says so. */
export async function storedArtifacts(
  repository: Repository,
  { component }: Pick<RecoveryPoint, "component">,
): Promise<StoredArtifact[]> {
  const found = await pMap(
    component.artifacts,
    async (artifact) => ({ artifact, stored: await repository.head(artifact.key, artifact.versionId) }),
    { concurrency: AT_ONCE },
  );
  return found.flatMap(({ artifact, stored }) =>
    stored ? [{ artifact, bytes: stored.bytes, versionId: stored.versionId, archived: stored.archived }] : [],
  );
}

/** What a restore of the point would have to wait for, if anything of it lies in an archive. */
export const lookAtArchives = async (
  repository: Repository,
  point: Pick<RecoveryPoint, "component">,
  retrieval: Retrieval = "Standard",
): Promise<Frozen | undefined> => frozenOf(await storedArtifacts(repository, point), retrieval);
