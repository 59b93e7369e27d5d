import { stringify } from "csv-stringify/sync";
import { AuditBroken, InputInvalid } from "#domain/errors.ts";
import { sha256 } from "#domain/hashes.ts";
import { stampedId } from "#domain/ids.ts";
import type { ExportByHand } from "#events/by-hand.ts";
import type { Signer } from "#ports/keys.ts";
import type { Clock } from "#ports/log.ts";
import { proveAudit } from "./audit-log.ts";
import type { CatalogPorts } from "./catalog.ts";
import { createSigned } from "./signed-objects.ts";
import type { Answer } from "./start-backup.ts";

type Ports = CatalogPorts & { signer: Signer; clock: Clock; stage: string; bucket: string };

const COLUMNS = ["at", "day", "number", "claimed", "call", "what", "to", "because", "outcome", "previous"];

/**
 * Writes the audit log of a period, both days included, as CSV and as JSON, signed, after the whole chain was proved from its
 * first entry on. Throws `AuditBroken` when it does not hold: nothing is exported then. `InputInvalid` for a period that ends
 * before it begins.
 */
export const exportAudit =
  (ports: Ports) =>
  async ({ from, to }: ExportByHand, callId: string): Promise<Answer> => {
    if (from > to) throw new InputInvalid(`to: ${to} is before ${from}`);
    const { entries, breaks, end } = await proveAudit(ports);
    if (breaks.length > 0)
      throw new AuditBroken(
        `The audit log is broken at ${breaks.length} places. Nothing was exported:\n${breaks.join("\n")}`,
      );
    const deeds = entries.flatMap(({ entry, schema: _, ...place }) =>
      "nextDay" in entry || !isWithin(place.at, from, to) ? [] : [{ ...place, ...entry }],
    );
    const chain = { entries: entries.length, lastSha256: end?.sha256 ?? null };
    const now = ports.clock();
    const id = stampedId(sha256(callId).slice(0, 4), now);
    const whole = { schema: 1, stage: ports.stage, from, to, exportedAt: now.toISOString(), chain, deeds };
    const rows = deeds.map(({ who, ...deed }) => ({ ...deed, ...who }));
    const files = {
      csv: stringify(rows, { header: true, columns: COLUMNS, escape_formulas: true, record_delimiter: "windows" }), // RFC 4180
      json: `${JSON.stringify(whole, null, 2)}\n`,
    };
    const keys: string[] = [];
    for (const [format, body] of Object.entries(files)) {
      const key = ports.layout.auditExport(id, from, to, format);
      await createSigned(ports, key, (hash) => ports.layout.proofSignature(key, hash), body);
      keys.push(key);
    }
    return {
      verdict: `The audit log is whole: ${chain.entries} entries, each with the hash of the one before. Exported: ${deeds.length} deeds from ${from} to ${to}`,
      figures: { ...chain, deeds: deeds.length, keys },
      next: `To have them: ${keys.map((key) => `aws s3 cp s3://${ports.bucket}/${key} .`).join(" ; ")}`,
    };
  };

const isWithin = (at: string, from: string, to: string) => from <= at.slice(0, 10) && at.slice(0, 10) <= to;
