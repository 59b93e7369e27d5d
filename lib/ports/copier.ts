import type { Artifact } from "#domain/artifact.ts";

/** Copies from the repository to another bucket inside S3: the bytes never come here. */
export interface Copier {
  /**
   * Puts the artifact's bytes under the same key, part by part as they were uploaded: S3 comes to the manifest's composite
   * checksum again, and refuses to complete any other bytes. Conditional. Goes on where an earlier try has ended, and stops
   * when `isOver`: then it answers false, and nothing is visible there yet. `versionId`: which version holds the bytes.
   */
  copy(artifact: Artifact, versionId: string | undefined, isOver: () => boolean): Promise<boolean>;
}
