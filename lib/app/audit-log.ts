import { type AuditEnd, AuditEntry, breakBetween, type Deed, nextEntry } from "#domain/audit.ts";
import { AlreadyCommitted } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { parseJson } from "#domain/manifest.ts";
import { auditEntryOfKey } from "#domain/repository-layout.ts";
import type { SignatureCheck, Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { createSigned, readSigned } from "./signed-objects.ts";

type Ports = CatalogPorts & { signatures: SignatureCheck };
/** Appends to the audit log. Resolves when the entry stands. */
export type Audit = (deed: Deed) => Promise<void>;

/** Others append too; each loss of a race means that somebody else has won it. */
const RACES_LOST_AT_MOST = 100;

/** The end of the log is looked up once and followed from there; who loses a race for a number looks again. */
export function auditLog(ports: Ports & { signer: Signer; clock: Clock }): Audit {
  let end: AuditEnd | undefined;
  let isKnown = false;
  return async (deed) => {
    for (let lost = 0; lost < RACES_LOST_AT_MOST; ) {
      if (!isKnown) end = await endOfLog(ports);
      isKnown = true;
      const entry = nextEntry(end, deed, ports.clock());
      const key = ports.layout.auditEntry(entry.day, entry.number);
      const body = `${JSON.stringify(entry, null, 2)}\n`;
      const written = await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), body);
      if (written === "differs") {
        isKnown = false;
        lost++;
        continue;
      }
      end = { entry, sha256: sha256(body) };
      if (entry.entry === deed) return;
    }
    throw new AlreadyCommitted(`The audit log could not be written to: ${RACES_LOST_AT_MOST} others came first`);
  };
}

async function endOfLog(ports: Ports): Promise<AuditEnd | undefined> {
  const path: string[] = [];
  for (let depth = 0; depth < 3; depth++) {
    const newest = (await ports.repository.folders(ports.layout.audits(...path))).at(-1);
    if (newest === undefined) return undefined;
    path.push(newest);
  }
  let last: string | undefined;
  for await (const key of ports.repository.list(ports.layout.audits(...path))) if (auditEntryOfKey(key)) last = key;
  return last === undefined ? undefined : readEntry(ports, last);
}

async function readEntry(ports: Ports, key: string): Promise<AuditEnd> {
  const bytes = await readSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash));
  if (!bytes) throw new AlreadyCommitted(`${key} was there a moment ago`);
  return { entry: parseJson(bytes, AuditEntry, key), sha256: sha256(bytes) };
}

/** Every entry from the first one on, where the chain breaks, and its end. Throws `SignatureInvalid` for an entry that is not ours. */
export async function proveAudit(
  ports: Ports,
): Promise<{ entries: AuditEntry[]; breaks: string[]; end: AuditEnd | undefined }> {
  const entries: AuditEntry[] = [];
  const breaks: string[] = [];
  let end: AuditEnd | undefined;
  for await (const key of ports.repository.list(ports.layout.audits())) {
    const place = auditEntryOfKey(key);
    if (!place) continue;
    const next = await readEntry(ports, key);
    const isAtItsPlace = place.day === next.entry.day && place.number === next.entry.number;
    const problem = isAtItsPlace ? breakBetween(end, next.entry) : "is of another place";
    if (problem !== undefined) breaks.push(`${key} ${problem}`);
    entries.push(next.entry);
    end = next;
  }
  return { entries, breaks, end };
}
