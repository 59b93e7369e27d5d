import type { Artifact } from "#domain/artifact.ts";
import { AlreadyCommitted, ChecksumMismatch, ManifestInvalid, NoSuchPoint } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import type { BackupId } from "#domain/ids.ts";
import { proofOfKey } from "#domain/repository-layout.ts";
import type { Copier } from "#ports/copier.ts";
import type { Clock, RunLog } from "#ports/log.ts";
import type { Repository } from "#ports/repository.ts";
import { type CatalogPorts, readManifest } from "./catalog.ts";
import { checkArtifact } from "./check-artifact.ts";

/** Of the 15 minutes that a function has; the rest is for the requests that are under way. */
const WORK_MS = 10 * 60_000;

type Ports = CatalogPorts & {
  copies: Record<string, { repository: Repository; copier: Copier }>;
  clock: Clock;
  log: RunLog;
};
type Input = { backupId: BackupId; source: string; to: string };

/**
 * Copies one point, inside S3: its artifacts, its data key, what it needs to be restored by hand, its proofs, and the manifest
 * last. Conditional throughout, so that it can be begun again at any moment. `isWhole` is false when the time was over: then
 * the next call goes on. Throws when what is to be copied is not what the manifest says, or other bytes stand there.
 */
export const copyPoint =
  (ports: Ports) =>
  async ({ backupId, source, to }: Input): Promise<{ isWhole: boolean }> => {
    const { repository: here, layout, log } = ports;
    log.belongsTo(backupId);
    const found = await readManifest(ports, backupId);
    const component = found?.manifest.components[source];
    if (!component) throw new NoSuchPoint(`${backupId} holds no point of ${source}`);
    const copy = ports.copies[to];
    if (!copy) throw new Error(`The plan has no copy "${to}"`);
    const until = ports.clock().getTime() + WORK_MS;
    const isOver = () => ports.clock().getTime() > until;
    for (const artifact of component.artifacts)
      if (!(await copyArtifact(here, copy, artifact, isOver))) {
        log.info(`${source}: there is more to copy to ${to}`, { backupId, at: artifact.key });
        return { isWhole: false };
      }
    const small = [
      ...(await keysBelow(here, layout.wrappedKeys(component.keyId))),
      layout.restoreGuide(backupId),
      ...(await keysBelow(here, layout.proofs(backupId, source))).filter(isAboutThePoint),
      layout.manifestSignature(backupId, found.manifestSha256),
      layout.manifest(backupId),
    ];
    for (const key of small) await copyObject(here, copy.repository, key);
    log.info(`${source}: copied to ${to}`, { backupId });
    return { isWhole: true };
  };

/** What S3 says of it is held against the manifest before a byte is moved. */
async function copyArtifact(
  here: Repository,
  { repository: there, copier }: Ports["copies"][string],
  artifact: Artifact,
  isOver: () => boolean,
): Promise<boolean> {
  const stored = await there.head(artifact.key);
  if (stored && stored.compositeSha256 !== artifact.compositeSha256) throw differs(artifact.key);
  if (stored) return true;
  const problems = await checkArtifact(here, artifact);
  if (problems.length > 0) throw new ChecksumMismatch(problems.join("; "));
  const source = await here.head(artifact.key, artifact.versionId);
  return copier.copy(artifact, source?.versionId, isOver);
}

/** Where a point was copied to is no truth of the copy's. */
const isAboutThePoint = (key: string) =>
  !/\/copied-[^/]+$/.test(key) && (key.endsWith(".sig") || proofOfKey(key) !== undefined);

async function keysBelow(repository: Repository, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of repository.list(prefix)) keys.push(key);
  return keys;
}

/** Kilobytes that are read by whoever restores, and believed by their signature or their use. */
async function copyObject(here: Repository, there: Repository, key: string): Promise<void> {
  const bytes = await here.read(key);
  if (!bytes) throw new ManifestInvalid(`${key} is not in the repository`);
  if ((await there.create(key, bytes)) === "created") return;
  const stored = await there.read(key);
  if (!stored || sha256(stored) !== sha256(bytes)) throw differs(key);
}

const differs = (key: string) =>
  new AlreadyCommitted(`${key} holds other bytes in the copy already; nothing was overwritten`);
