import { createSigned } from "../../../lib/app/signed-objects.ts";
import { writeProof } from "../../../lib/app/write-proof.ts";
import { compositeSha256, sha256 } from "../../../lib/domain/hashes.ts";
import { type BackupId, scheduledBackupId } from "../../../lib/domain/ids.ts";
import { Manifest } from "../../../lib/domain/manifest.ts";
import { VerifiedProof } from "../../../lib/domain/proof.ts";
import type { Ground } from "./ground.ts";

const KIND = "dump";

/**
 * One night's backup of a source, taken at `at` and read back: as a run leaves it in the repository, signed by the stage's key. Only what is
 * dumped is made up.
 */
export async function haveNight({ ports }: Ground, source: string, at: Date): Promise<BackupId> {
  const { repository, layout, stage } = ports;
  const backupId = scheduledBackupId("nightly", at);
  const instant = at.toISOString();
  const dump = `what ${source} held at ${instant}`;
  const key = layout.artifact(backupId, source, 0, 1, KIND);
  const keyId = `${backupId}.${source}.0`;
  await Promise.all([
    repository.create(key, dump),
    repository.create(layout.wrappedKey(keyId, 1), `wrapped for ${backupId}`),
  ]);
  const hash = sha256(dump);
  const sizes = { bytes: dump.length, sha256: hash };
  const manifest = Manifest.parse({
    ...{ schema: 1, backupId, stage, timestamp: instant, version: "0.0.0", outcome: "COMPLETE", failed: {} },
    restoreGuideSha256: sha256(""),
    components: {
      [source]: {
        ...{
          file: key.split("/").at(-1),
          size: dump.length,
          engine: ports.plan.sources[source]?.engine,
          keyId,
          toolVersions: {},
          limits: [],
        },
        ...{ recoveredTo: instant, startedAt: instant, finishedAt: instant },
        artifacts: [
          {
            ...{ key, kind: KIND, holds: "a night's dump", ...sizes, parts: [sizes] },
            ...{ plainBytes: dump.length, plainSha256: hash, compositeSha256: compositeSha256([hash]) },
            ...{ exitCodes: {}, formatProof: "made up" },
          },
        ],
      },
    },
  });
  const body = JSON.stringify(manifest);
  await createSigned(ports, layout.manifest(backupId), (its) => layout.manifestSignature(backupId, its), body);
  const proof = VerifiedProof.parse({
    ...{ schema: 1, backupId, source, manifestSha256: sha256(body), verifiedAt: instant },
    bytesRead: dump.length,
  });
  await writeProof(ports, { backupId, source }, "verified", `verify-${backupId}`, proof);
  return backupId;
}
