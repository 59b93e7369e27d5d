import type { BackupId } from "#domain/ids.ts";
import type { ProofName, RepositoryLayout } from "#domain/repository-layout.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { Repository } from "#ports/repository.ts";
import { noteChange } from "./point-index.ts";
import { createSigned } from "./signed-objects.ts";

type Ports = { repository: Repository; layout: RepositoryLayout; signer: Signer; clock: Clock };

/** Says something of a point, for good. What was said under this name already stays as it was. */
export async function writeProof(
  ports: Ports,
  { backupId, source }: { backupId: BackupId; source: string },
  name: ProofName,
  runId: string,
  proof: object,
): Promise<void> {
  const key = ports.layout.proof(backupId, source, name, runId);
  const body = `${JSON.stringify(proof, null, 2)}\n`;
  await noteChange(ports, backupId);
  await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), body);
}
