import type { BackupId } from "#domain/ids.ts";
import type { CatalogPorts } from "./catalog.ts";
import { findPoint } from "./open-point.ts";
import { readCopies } from "./read-copies.ts";
import type { Answer } from "./start-backup.ts";

/** Everything that is known of one point, from its signed manifest and proofs. */
export const describePoint =
  (ports: CatalogPorts & { stage: string }) =>
  async ({ source, backupId }: { source: string; backupId: BackupId }): Promise<Answer> => {
    const point = await findPoint(ports, backupId, source);
    const { artifacts, facts, ...component } = point.component;
    const copies = await readCopies(ports, point);
    const restore = JSON.stringify({ source, backupId });
    return {
      verdict: {
        committed: `${source} in ${backupId} is committed, not yet read back: a restore refuses it until it is verified`,
        verified: `${source} in ${backupId} is verified and restorable to ${component.recoveredTo}`,
        suspicious: `${source} in ${backupId} is SUSPICIOUS: whole, and unlike what ${source} usually holds`,
        quarantined: `${source} in ${backupId} is QUARANTINED: its bytes are wrong, or somebody has said that it is bad`,
        expired: `${source} in ${backupId} has expired and will be deleted; a hold brings it back`,
        pruned: `${source} in ${backupId} is deleted: only what its manifest says of it is left`,
      }[point.proof],
      figures: {
        ...component,
        ...("verifiedAt" in point ? { verifiedAt: point.verifiedAt.toISOString(), facts: point.facts } : { facts }),
        ...("reasons" in point ? { reasons: point.reasons } : {}),
        ...(point.proof === "verified" && point.released ? { released: point.released } : {}),
        ...("because" in point ? { because: point.because } : {}),
        copies: copies.map(({ copy, bucket, region, readBackAt, by }) => ({ copy, bucket, region, readBackAt, by })),
        artifacts: artifacts.map(({ parts, ...artifact }) => ({ ...artifact, parts: parts.length })),
      },
      next:
        point.proof === "verified"
          ? `npx sls invoke --stage ${ports.stage} -f start-restore -d '${restore}'`
          : `npx sls invoke --stage ${ports.stage} -f list-points -d '{"source":"${source}"}'`,
    };
  };
