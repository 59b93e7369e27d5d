import type { BackupId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import { QuarantineProof, ReleasedProof, SuspiciousProof, VerifiedProof } from "#domain/proof.ts";
import { proofOfKey, type RepositoryLayout } from "#domain/repository-layout.ts";
import type { SignatureCheck } from "#ports/keys.ts";
import type { Repository } from "#ports/repository.ts";
import { readSignedProof } from "./signed-objects.ts";

type Ports = { repository: Repository; layout: RepositoryLayout; signatures: SignatureCheck };
/** A word against a point; `name` as a release calls it. */
type Against = { name: string; reasons: string[] };
/** What is said of one point. Words against it that a person has released are left out. */
export type Proofs = {
  verified: VerifiedProof[];
  quarantines: Against[];
  suspicions: Against[];
  releases: ReleasedProof[];
};

/**
 * What is said of this very point: by proofs that are signed by us. A verification or a release that is not ours proves
 * nothing; a word against the point counts even when its signature is lost, since nothing wrong may become good that way.
 */
export async function readProofs(ports: Ports, backupId: BackupId, source: string): Promise<Proofs> {
  const found: Proofs = { verified: [], quarantines: [], suspicions: [], releases: [] };
  const isOfThis = (said: { backupId: string; source: string }) => said.backupId === backupId && said.source === source;
  for await (const key of ports.repository.list(ports.layout.proofs(backupId, source))) {
    const place = proofOfKey(key);
    if (!place || place.proof === "proven" || place.proof === "copied") continue;
    const name = `${place.proof}-${place.runId}`;
    const bytes = await readSignedProof(ports, key);
    const unsigned = { name, reasons: [`${key} is there, without a signature of ours`] };
    if (place.proof === "quarantined")
      found.quarantines.push(bytes ? { name, reasons: parseJson(bytes, QuarantineProof, key).reasons } : unsigned);
    if (place.proof === "suspicious")
      found.suspicions.push(bytes ? { name, reasons: parseJson(bytes, SuspiciousProof, key).reasons } : unsigned);
    const verified = bytes && place.proof === "verified" && parseJson(bytes, VerifiedProof, key);
    if (verified && isOfThis(verified)) found.verified.push(verified);
    const release = bytes && place.proof === "released" && parseJson(bytes, ReleasedProof, key);
    if (release && isOfThis(release)) found.releases.push(release);
  }
  const released = new Set(found.releases.flatMap(({ releases }) => releases));
  const stillCounts = ({ name }: Against) => !released.has(name);
  return {
    ...found,
    quarantines: found.quarantines.filter(stillCounts),
    suspicions: found.suspicions.filter(stillCounts),
  };
}
