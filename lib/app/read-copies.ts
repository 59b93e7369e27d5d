import { parseJson } from "#domain/manifest.ts";
import { CopiedProof } from "#domain/proof.ts";
import type { RecoveryPoint } from "#domain/recovery-point.ts";
import { proofOfKey } from "#domain/repository-layout.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readSignedProof } from "./signed-objects.ts";

/** Where this very point was copied to and read back, by proofs that are signed by us. */
export async function readCopies(
  ports: CatalogPorts,
  { backupId, source, manifestSha256 }: Pick<RecoveryPoint, "backupId" | "source" | "manifestSha256">,
): Promise<CopiedProof[]> {
  const found: CopiedProof[] = [];
  for await (const key of ports.repository.list(ports.layout.proofs(backupId, source))) {
    if (proofOfKey(key)?.proof !== "copied") continue;
    const bytes = await readSignedProof(ports, key);
    const copied = bytes && parseJson(bytes, CopiedProof, key);
    if (copied?.backupId === backupId && copied.source === source && copied.manifestSha256 === manifestSha256)
      found.push(copied);
  }
  return found;
}
