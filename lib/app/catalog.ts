import pMap from "p-map";
import { describeError } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { BackupId } from "#domain/ids.ts";
import { type Manifest, parseJson, parseManifest } from "#domain/manifest.ts";
import { QuarantineProof, VerifiedProof } from "#domain/proof.ts";
import type { RecoveryPoint } from "#domain/recovery-point.ts";
import { proofOfKey, type RepositoryLayout } from "#domain/repository-layout.ts";
import type { SignatureCheck } from "#ports/keys.ts";
import type { Repository } from "#ports/repository.ts";
import { readSigned } from "./signed-objects.ts";

export type CatalogPorts = { repository: Repository; layout: RepositoryLayout; signatures: SignatureCheck };
/** A backup that can't be believed: its manifest is not ours, or is not a manifest. It holds no recovery points. */
export type RefusedBackup = { backupId: BackupId; reason: string };

const READS_AT_ONCE = 8;

/** The manifest and its hash; undefined when there is no such backup. Throws `SignatureInvalid` or `ManifestInvalid`. */
export async function readManifest(
  { repository, layout, signatures }: CatalogPorts,
  backupId: BackupId,
): Promise<{ manifest: Manifest; manifestSha256: string } | undefined> {
  const key = layout.manifest(backupId);
  const bytes = await readSigned({ repository, signatures }, key, (hash) => layout.manifestSignature(backupId, hash));
  if (!bytes) return undefined;
  const manifest = parseManifest(bytes);
  if (manifest.backupId !== backupId) throw new Error(`${key} says that it is ${manifest.backupId}`);
  return { manifest, manifestSha256: sha256(bytes) };
}

/** Every backup in the repository, newest first, read from the bucket alone. */
export async function readCatalog(
  ports: CatalogPorts,
  wanted: { source?: string; newest?: number } = {},
): Promise<{ points: RecoveryPoint[]; refused: RefusedBackup[] }> {
  const ids = (await ports.repository.folders(ports.layout.everything))
    .flatMap((name) => BackupId.safeParse(name).data ?? [])
    .toSorted()
    .reverse()
    .slice(0, wanted.newest);
  const read = await pMap(ids, (id) => pointsOf(ports, id, wanted.source), { concurrency: READS_AT_ONCE });
  return { points: read.flatMap(({ points }) => points), refused: read.flatMap(({ refused }) => refused) };
}

/** The points of one backup. A manifest that can't be believed makes it refused; one that could not be read throws. */
export async function pointsOf(ports: CatalogPorts, backupId: BackupId, source?: string) {
  let found: Awaited<ReturnType<typeof readManifest>>;
  try {
    found = await readManifest(ports, backupId);
  } catch (error) {
    const { name, message } = describeError(error);
    if (name !== "SignatureInvalid" && name !== "ManifestInvalid") throw error;
    return { points: [], refused: [{ backupId, reason: `${name}: ${message}` }] };
  }
  if (!found) return { points: [], refused: [] };
  const { manifest, manifestSha256 } = found;
  const names = Object.keys(manifest.components).filter((name) => source === undefined || name === source);
  return { points: await pMap(names, (name) => pointOf(ports, manifest, manifestSha256, name)), refused: [] };
}

async function pointOf(
  ports: CatalogPorts,
  manifest: Manifest,
  manifestSha256: string,
  source: string,
): Promise<RecoveryPoint> {
  const component = manifest.components[source];
  if (!component) throw new Error(`${manifest.backupId} has no ${source}`);
  const { backupId } = manifest;
  const point = { source, backupId, manifestSha256, component, recoveredTo: new Date(component.recoveredTo) };
  const proofs = await readProofs(ports, backupId, source);
  const quarantined = proofs.flatMap(({ quarantine }) => quarantine ?? []);
  if (quarantined.length > 0)
    return { ...point, proof: "quarantined", reasons: quarantined.flatMap(({ reasons }) => reasons) };
  const verified = proofs
    .flatMap(({ verified }) => verified ?? [])
    .find((proof) => proof.manifestSha256 === manifestSha256);
  if (!verified) return { ...point, proof: "committed" };
  const facts = component.facts ?? verified.facts ?? {};
  return { ...point, proof: "verified", verifiedAt: new Date(verified.verifiedAt), facts };
}

/** Proofs that are signed by us and speak of this very point. A forged or damaged proof proves nothing: it throws. */
async function readProofs({ repository, layout, signatures }: CatalogPorts, backupId: BackupId, source: string) {
  const found: { verified?: VerifiedProof; quarantine?: QuarantineProof }[] = [];
  for await (const key of repository.list(layout.proofs(backupId, source))) {
    const proof = proofOfKey(key)?.proof;
    if (proof !== "verified" && proof !== "quarantined") continue;
    const bytes = await readSigned({ repository, signatures }, key, (hash) => layout.proofSignature(key, hash)).catch(
      (error) => {
        if (describeError(error).name === "SignatureInvalid") return undefined;
        throw error;
      },
    );
    if (!bytes) continue;
    if (proof === "verified") found.push({ verified: parseJson(bytes, VerifiedProof, key) });
    else found.push({ quarantine: parseJson(bytes, QuarantineProof, key) });
  }
  return found.filter(
    ({ verified, quarantine }) =>
      (verified ?? quarantine)?.backupId === backupId && (verified ?? quarantine)?.source === source,
  );
}
