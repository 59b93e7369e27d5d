import { describeWait, isArchive, thawMs } from "#domain/archive.ts";
import type { BackupId } from "#domain/ids.ts";
import type { Plan } from "#domain/plan.ts";
import type { CatalogPorts } from "./catalog.ts";
import { lookAtArchives } from "./look-at-archives.ts";
import { findPoint } from "./open-point.ts";
import { readCopies } from "./read-copies.ts";
import type { Answer } from "./start-backup.ts";

/** Everything that is known of one point, from its signed manifest and proofs. */
export const describePoint =
  (ports: CatalogPorts & { stage: string; plan: Pick<Plan, "copies"> }) =>
  async ({ source, backupId }: { source: string; backupId: BackupId }): Promise<Answer> => {
    const point = await findPoint(ports, backupId, source);
    const { artifacts, facts, ...component } = point.component;
    const copies = await readCopies(ports, point);
    const archived = await lookAtArchives(ports.repository, point);
    const restore = JSON.stringify({ source, backupId });
    const verdict = {
      committed: `${source} in ${backupId} is committed, not yet read back: a restore refuses it until it is verified`,
      verified: `${source} in ${backupId} is verified and restorable to ${component.recoveredTo}`,
      suspicious: `${source} in ${backupId} is SUSPICIOUS: whole, and unlike what ${source} usually holds`,
      quarantined: `${source} in ${backupId} is QUARANTINED: its bytes are wrong, or somebody has said that it is bad`,
      expired: `${source} in ${backupId} has expired and will be deleted; a hold brings it back`,
      pruned: `${source} in ${backupId} is deleted: only what its manifest says of it is left`,
    }[point.proof];
    return {
      verdict: archived
        ? `${verdict}. It lies in ${archived.classes.join(" and ")}: ${archived.takesMs > 0 ? `a restore first waits ${describeWait(archived.takesMs)} until it is thawed` : "it is thawed, and can be read for some days"}`
        : verdict,
      figures: {
        ...component,
        ...("verifiedAt" in point ? { verifiedAt: point.verifiedAt.toISOString(), facts: point.facts } : { facts }),
        ...("reasons" in point ? { reasons: point.reasons } : {}),
        ...(point.proof === "verified" && point.released ? { released: point.released } : {}),
        ...("because" in point ? { because: point.because } : {}),
        ...(archived ? { archived } : {}),
        copies: copies.map(({ copy, bucket, region, readBackAt, by }) => ({
          ...{ copy, bucket, region, readBackAt, by, ...tierOf(ports.plan, copy) },
        })),
        artifacts: artifacts.map(({ parts, ...artifact }) => ({ ...artifact, parts: parts.length })),
      },
      next:
        point.proof === "verified"
          ? `npx sls invoke --stage ${ports.stage} -f start-restore -d '${restore}'`
          : `npx sls invoke --stage ${ports.stage} -f list-points -d '{"source":"${source}"}'`,
    };
  };

/** By the plan; what a restore from there then waits for. */
function tierOf({ copies }: Pick<Plan, "copies">, name: string) {
  const storageClass = copies?.[name]?.storageClass;
  if (!isArchive(storageClass)) return { storageClass: storageClass ?? "STANDARD" };
  return { storageClass, thaw: describeWait(thawMs(storageClass, "Standard", 0) ?? Number.POSITIVE_INFINITY) };
}
