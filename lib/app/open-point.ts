import { z } from "zod";
import type { Artifact } from "#domain/artifact.ts";
import { ManifestInvalid, NoSuchPoint } from "#domain/errors.ts";
import type { BackupId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import type { RecoveryPoint } from "#domain/recovery-point.ts";
import type { OpenArtifact } from "#ports/engine.ts";
import type { DataKeys } from "#ports/keys.ts";
import type { Sealing } from "#ports/sealing.ts";
import { type CatalogPorts, pointsOf } from "./catalog.ts";
import { highestNumber } from "./highest-number.ts";
import { openArtifact, type ReadCount } from "./open-artifact.ts";

export const WrappedKeyObject = z.strictObject({
  wrapped: z.string(),
  kmsKey: z.string(),
  context: z.record(z.string(), z.string()),
});

/** A point of a signed manifest. Throws `NoSuchPoint`. */
export async function findPoint(ports: CatalogPorts, backupId: BackupId, source: string): Promise<RecoveryPoint> {
  const { points, refused } = await pointsOf(ports, backupId, source);
  const [point] = points;
  if (!point) throw new NoSuchPoint(refused[0]?.reason ?? `${backupId} holds no point of ${source}`);
  return point;
}

/** Unwraps the point's data key once and gives what turns each of its artifacts into plaintext. `count` grows as it reads. */
export async function openPoint(
  ports: CatalogPorts & { keys: DataKeys; sealing: Sealing },
  point: RecoveryPoint,
  signal: AbortSignal,
): Promise<{ open: OpenArtifact; count: ReadCount }> {
  const { repository, layout, keys } = ports;
  const keyObject = await highestNumber(repository, layout.wrappedKeys(point.component.keyId));
  const wrapped = keyObject && (await repository.read(layout.wrappedKey(point.component.keyId, keyObject)));
  if (!wrapped) throw new ManifestInvalid(`The data key ${point.component.keyId} is not in the repository`);
  const passphrase = await keys.unwrap(parseJson(wrapped, WrappedKeyObject, "wrapped key"));
  const count: ReadCount = { bytes: 0, waitedForStorageMs: 0 };
  const opening = openArtifact(ports);
  return { count, open: (artifact: Artifact) => opening(artifact, passphrase, count, signal) };
}
