import { ApprovalDecision, ApprovalRequest } from "#domain/approval.ts";
import { sha256 } from "#domain/hashes.ts";
import type { RequestId } from "#domain/ids.ts";
import { parseJson } from "#domain/manifest.ts";
import type { CatalogPorts } from "./catalog.ts";
import { readSigned } from "./signed-objects.ts";

export type ReadApproval = { request: ApprovalRequest; requestSha256: string; decision: ApprovalDecision | undefined };

/**
 * What was asked of a second person, and what was decided; undefined where nobody was asked. Throws `SignatureInvalid` or
 * `ManifestInvalid` for words that are not ours: an approval that can't be read is none.
 */
export async function readApproval(ports: CatalogPorts, requestId: RequestId): Promise<ReadApproval | undefined> {
  const { layout } = ports;
  const asked = await readOurs(ports, layout.approvalRequested(requestId));
  if (!asked) return undefined;
  const request = parseJson(asked, ApprovalRequest, layout.approvalRequested(requestId));
  const decided = await readOurs(ports, layout.approvalDecided(requestId));
  const decision = decided && parseJson(decided, ApprovalDecision, layout.approvalDecided(requestId));
  return { request, requestSha256: sha256(asked), decision };
}

const readOurs = (ports: CatalogPorts, key: string) =>
  readSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash));
